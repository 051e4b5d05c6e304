//! One thread means one CPU: the process is held to as many CPUs as it has threads.

/// Pins the process to the last `cpus` of the CPUs that it may use. Threads that start later inherit it, so this comes
/// before any of them. Elsewhere than on Linux nothing happens.
///
/// Returns how many CPUs the process then has; `None` where that cannot be told.
pub(crate) fn pin(cpus: usize) -> Option<usize> {
    #[cfg(target_os = "linux")]
    return linux::pin(cpus);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = cpus;
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use libc::{CPU_ISSET, CPU_SET, CPU_SETSIZE, cpu_set_t, sched_getaffinity, sched_setaffinity};

    pub(super) fn pin(cpus: usize) -> Option<usize> {
        let size = size_of::<cpu_set_t>();
        // SAFETY: a CPU set is an array of bits, of which all zero is the empty set.
        let mut allowed: cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a set of the size that is given; 0 is this thread.
        if unsafe { sched_getaffinity(0, size, &mut allowed) } != 0 {
            return None;
        }
        // SAFETY: every number is below CPU_SETSIZE, the number of bits of the set.
        let usable: Vec<usize> = (0..CPU_SETSIZE as usize).filter(|&cpu| unsafe { CPU_ISSET(cpu, &allowed) }).collect();
        // SAFETY: as above.
        let mut wanted: cpu_set_t = unsafe { std::mem::zeroed() };
        for &cpu in &usable[usable.len().saturating_sub(cpus)..] {
            // SAFETY: as above.
            unsafe { CPU_SET(cpu, &mut wanted) };
        }
        // SAFETY: the pointer is to a set of the size that is given.
        let held = unsafe { sched_setaffinity(0, size, &wanted) } == 0;
        held.then_some(cpus.min(usable.len()))
    }
}

"""What a run was measured on: the processor, its instruction sets, the operating system."""
import os
import platform
import subprocess


def cpu_lines():
    try:
        with open("/proc/cpuinfo") as f:
            return [line.split(":", 1) for line in f if ":" in line]
    except OSError:
        return []


def cache_sizes():
    """Sizes of the data caches of the first CPU, by level."""
    sizes = {}
    base = "/sys/devices/system/cpu/cpu0/cache"
    for index in sorted(os.listdir(base)) if os.path.isdir(base) else []:
        try:
            read = {k: open(os.path.join(base, index, k)).read().strip() for k in ("level", "type", "size")}
        except OSError:
            continue
        if read["type"] != "Instruction":
            sizes[f"L{read['level']}"] = read["size"]
    return sizes


def describe():
    info = {}
    for key, value in cpu_lines():
        info.setdefault(key.strip(), value.strip())
    flags = info.get("flags", info.get("Features", "")).split()
    here = os.path.dirname(os.path.abspath(__file__))
    commit = subprocess.run(["git", "-C", here, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {
        "cpu": info.get("model name", platform.processor() or platform.machine()),
        "family": info.get("cpu family", ""),
        "model": info.get("model", ""),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "sets": [name for name in ("avx512f", "avx2", "asimd") if name in flags],
        "caches": cache_sizes(),
        "system": f"{platform.system()} {platform.release()}",
        "commit": commit.stdout.strip() if commit.returncode == 0 else "",
    }


def in_words(m):
    cpu = m["cpu"] + (f" (family {m['family']}, model {m['model']})" if m["family"] else "")
    caches = ", ".join(f"{level} {size}" for level, size in m["caches"].items())
    parts = [cpu, f"{m['cpus']} CPUs", ", ".join(m["sets"]) or "neither AVX2 nor AVX-512", caches, m["system"]]
    if m["commit"]:
        parts.append(f"commit {m['commit']}")
    return "; ".join(p for p in parts if p)

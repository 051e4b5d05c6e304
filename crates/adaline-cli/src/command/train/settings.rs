//! From flags to settings.

use super::Arguments;
use super::flags::ClassWeight;
use crate::failure::Failure;
use adaline::data::Dataset;
use adaline::{Defaults, Loss, Model, Optimizer, Schedule, Settings, Targets};

/// The settings of a run: what the flags say, and the defaults for everything else.
pub(super) fn make(
    arguments: &Arguments,
    defaults: Settings,
    model: &Model,
    data: &Dataset,
) -> Result<Settings, Failure> {
    let mut settings = defaults;
    settings.seed = arguments.seed.unwrap_or(0);
    settings.shuffle = !arguments.no_shuffle;
    if let Some(batch_size) = arguments.batch_size {
        settings.batch_size = batch_size;
        let epochs = Defaults::epochs(data.train_examples(), batch_size);
        settings.patience = settings.patience.map(|patience| patience.min(epochs));
        settings.epochs = epochs;
    }
    settings.epochs = arguments.epochs.unwrap_or(settings.epochs);
    settings.patience = arguments.patience.or(settings.patience);
    settings.augment = arguments.augment.or(settings.augment);
    settings.l1 = arguments.l1.unwrap_or(settings.l1);
    settings.l2 = arguments.l2.unwrap_or(settings.l2);
    settings.clip_norm = arguments.clip_norm.or(settings.clip_norm);
    settings.clip_value = arguments.clip_value.or(settings.clip_value);
    settings.optimizer = optimizer(arguments, settings.optimizer)?;
    settings.schedule = schedule(arguments, settings.schedule)?;
    settings.loss = loss(arguments, model)?;
    if arguments.class_weight == Some(ClassWeight::Balanced) {
        settings.class_weights = Some(balanced(model, data)?);
    }
    Ok(settings)
}

fn optimizer(arguments: &Arguments, default: Optimizer) -> Result<Optimizer, Failure> {
    let mut optimizer = arguments.optimizer.unwrap_or(default);
    // The default rate was chosen for Adam, with decay or without; other optimizers have rates of their own.
    if matches!(optimizer, Optimizer::Adam(_) | Optimizer::AdamW(_)) {
        optimizer = optimizer.with_learning_rate(default.learning_rate());
    }
    if let Some(rate) = arguments.learning_rate {
        // A step shrinks the weights by rate · decay. The default decay was chosen with the default rate; a larger rate
        // must not make the two of them wipe the weights out.
        if let (Optimizer::AdamW(adamw), true) = (&mut optimizer, arguments.optimizer.is_none()) {
            adamw.weight_decay *= (adamw.learning_rate / rate).clamp(0.0, 1.0);
        }
        optimizer = optimizer.with_learning_rate(rate);
    }
    if let Some(momentum) = arguments.momentum {
        match &mut optimizer {
            Optimizer::Sgd(sgd) => sgd.momentum = momentum,
            other => {
                let name = other.name();
                return Err(Failure::usage(format!("--momentum: {name} has none; use it with --optimizer sgd")));
            }
        }
    }
    if let Some(decay) = arguments.weight_decay {
        match &mut optimizer {
            Optimizer::AdamW(adamw) => adamw.weight_decay = decay,
            other => {
                let name = other.name();
                return Err(Failure::usage(format!(
                    "--weight-decay: {name} has none; use --optimizer adamw, or --l2 for a penalty"
                )));
            }
        }
    }
    Ok(optimizer)
}

fn schedule(arguments: &Arguments, default: Schedule) -> Result<Schedule, Failure> {
    let mut chosen = arguments.schedule.unwrap_or(default);
    let foreign = |flag: &str, schedules: &str| {
        Err(Failure::usage(format!("--{flag}: only for --schedule {schedules}; leave it out or choose that schedule")))
    };
    if let Some(epochs) = arguments.warmup {
        match &mut chosen {
            Schedule::Cosine { warmup, .. } => *warmup = epochs,
            _ => return foreign("warmup", "cosine"),
        }
    }
    if let Some(by) = arguments.schedule_factor {
        match &mut chosen {
            Schedule::Step { factor, .. }
            | Schedule::Exponential { factor }
            | Schedule::ReduceOnPlateau { factor, .. } => *factor = by,
            _ => return foreign("schedule-factor", "step, exponential or reduce_on_plateau"),
        }
    }
    if let Some(epochs) = arguments.schedule_every {
        match &mut chosen {
            Schedule::Step { every, .. } => *every = epochs,
            Schedule::ReduceOnPlateau { patience, .. } => *patience = epochs,
            _ => return foreign("schedule-every", "step or reduce_on_plateau"),
        }
    }
    Ok(chosen)
}

/// The loss, where the flags say something about it.
fn loss(arguments: &Arguments, model: &Model) -> Result<Option<Loss>, Failure> {
    let Some(smoothing) = arguments.label_smoothing else { return Ok(arguments.loss) };
    let loss = arguments.loss.unwrap_or_else(|| model.loss());
    Ok(Some(loss.with_label_smoothing(smoothing)?))
}

/// rows / (classes · rows of the class) for each class.
fn balanced(model: &Model, data: &Dataset) -> Result<Vec<f32>, Failure> {
    let samples = model.encoder().encode(data.train())?;
    let Targets::Classes(classes) = samples.targets() else {
        return Err(Failure::usage("--class-weight: only for a target of classes; leave it out"));
    };
    let mut counts = vec![0usize; model.encoder().classes().len()];
    for &class in classes {
        if let Some(count) = counts.get_mut(class as usize) {
            *count += 1;
        }
    }
    let weight = |count: usize| match count {
        0 => 0.0,
        _ => (classes.len() as f64 / (counts.len() as f64 * count as f64)) as f32,
    };
    Ok(counts.iter().map(|&count| weight(count)).collect())
}

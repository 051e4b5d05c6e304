//! `adaline train`: from data to a model file.

mod flags;
mod names;
mod progress;
mod report;
mod sequences;
mod settings;

pub(crate) use flags::Arguments;

use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::source::shown;
use crate::{files, interrupt, model, source};
use adaline::data::{Dataset, ImageOptions, Input, Labelled, Split, Table, Values};
use adaline::error::{Place, printable};
use adaline::{Checkpoint, Defaults, Ended, Error, Fit, Layer, Model, Network, Settings, Trainer};
use names::Names;
use progress::Progress;
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

/// Everything that a run needs.
struct Run {
    model: Model,
    data: Dataset,
    settings: Settings,
    checkpoint: Option<Checkpoint>,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Some(source) = sequences::source(arguments) else {
        return Err(Failure::usage("which data? Name a built-in set, a file or a folder: adaline train iris"));
    };
    // What can be wrong before the data is read is found out before the data is read.
    let layers = arguments.net.as_deref().map(Layer::parse_chain).transpose()?;
    let names = Names::choose(arguments, source)?;
    let table = sequences::read(arguments, source)?;
    check_images(arguments, &table)?;
    table.notes().iter().for_each(|note| output.note(format!("note      {note}")));
    let mut run = match &arguments.resume {
        Some(path) => resumed(arguments, table, path)?,
        None => fresh(arguments, table, layers, output)?,
    };
    run.settings.validate()?;
    check_rows(&run)?;
    introduce(&run, output);
    interrupt::listen();
    let (fit, elapsed) = train(&mut run, arguments, &names, output)?;
    let names = save(&run, &fit, arguments, names, output)?;
    if fit.ended == Ended::Interrupted {
        return Err(stopped(&fit, &run.model, &names, source));
    }
    let report = report::Report::new(&run.model, &run.data, &fit, &names, elapsed)?;
    if arguments.json {
        return output.json(&report);
    }
    output.note("");
    output.print(report.text(source, output.is_quiet()))
}

/// How images are to be read: as the flags have it, or as the model that is trained further wants them.
fn image_options(arguments: &Arguments) -> Result<ImageOptions, Failure> {
    if let Some(path) = arguments.from.as_deref().or(arguments.resume.as_deref()) {
        return Ok(model::load(path)?.encoder().image_options().unwrap_or_default());
    }
    let mut options = ImageOptions::new();
    if let Some((height, width)) = arguments.image_size {
        options = options.size(height, width);
    }
    if let Some(channels) = arguments.channels {
        options = options.channels(channels);
    }
    Ok(options)
}

/// Flags about images are a mistake where there are none.
fn check_images(arguments: &Arguments, table: &Table) -> Result<(), Failure> {
    let flags = [("--image-size", arguments.image_size.is_some()), ("--channels", arguments.channels.is_some())];
    let has_images = table.columns().iter().any(|column| matches!(column.values(), Values::Images(_)));
    match flags.iter().find(|(_, given)| *given && !has_images) {
        Some((flag, _)) => {
            Err(Failure::usage(format!("{flag}: {} holds no images; leave it out", printable(table.source()))))
        }
        None => Ok(()),
    }
}

/// A run from the start: of new weights, or with `--from` of those of a model.
fn fresh(arguments: &Arguments, table: Table, layers: Option<Vec<Layer>>, output: &Output) -> Result<Run, Failure> {
    let split = arguments.split();
    if table.is_whole() && (arguments.test_split.is_some() || arguments.validation_split.is_some()) {
        output.note(format!("{} is a whole truth table and never split", printable(table.source())));
    }
    match &arguments.from {
        Some(path) => {
            let model = model::load(path)?;
            if let Some(note) = super::evaluate::unknown(&model, &table)? {
                output.note(format!("note      {note}"));
            }
            let split = same_split(&model, &table, arguments, split, output);
            let data = like(&model, table)?.split(split)?;
            let settings = settings::make(arguments, Defaults::for_dataset(&data).settings, &model, &data)?;
            Ok(Run { model, data, settings, checkpoint: None })
        }
        None => {
            let data = labelled(arguments, table, output)?.split(split)?;
            let mut defaults = Defaults::for_dataset(&data);
            let layers = layers.unwrap_or_else(|| {
                if arguments.hidden.is_some() || arguments.activation.is_some() || arguments.dropout.is_some() {
                    defaults.convolutional = None;
                }
                if let Some(hidden) = &arguments.hidden {
                    defaults.hidden.clone_from(hidden);
                } else if arguments.activation.is_some() && defaults.hidden.is_empty() {
                    // An activation was asked for: then of dense layers, and not the recurrent ones of a sequence.
                    defaults.hidden = vec![64];
                }
                defaults.activation = arguments.activation.unwrap_or(defaults.activation);
                defaults.dropout = arguments.dropout.unwrap_or(defaults.dropout);
                defaults.layers(&data)
            });
            let mut network = Network::new(data.input(), layers)?;
            network.initialize(arguments.seed.unwrap_or(0));
            let model = Model::new(data.encoder(), network);
            let settings = settings::make(arguments, defaults.settings, &model, &data)?;
            Ok(Run { model, data, settings, checkpoint: None })
        }
    }
}

/// How the rows are split where a model is trained further: as they were for that model, if these are its data and no
/// flag says otherwise. Rows that taught its weights must not come back as test rows.
fn same_split(model: &Model, table: &Table, arguments: &Arguments, split: Split, output: &Output) -> Split {
    let Some(record) = model.record().filter(|record| record.data.source == table.source()) else { return split };
    let said = arguments.seed.is_some() || arguments.test_split.is_some() || arguments.validation_split.is_some();
    if !said {
        return record.data.split;
    }
    if split != record.data.split {
        output.note("the rows are split otherwise than for that model: some test rows may have taught its weights");
    }
    split
}

/// The rest of an interrupted run. Its settings are in the checkpoint; only the number of epochs may be another.
fn resumed(arguments: &Arguments, table: Table, path: &Path) -> Result<Run, Failure> {
    let (model, checkpoint) = Model::load_checkpoint(path).map_err(|error| model::explained(error, path))?;
    let Some(record) = model.record() else {
        let name = shown(path);
        return Err(Failure::new(Code::File, format!("{name}: the file does not say how the run was set; start anew")));
    };
    let mut settings = record.settings.clone();
    if let Some(epochs) = arguments.epochs {
        let done = checkpoint.epochs();
        if epochs < done {
            return Err(Failure::usage(format!("--epochs: {epochs}, but the run has done {done} already; give more")));
        }
        settings.epochs = epochs;
    }
    let data = like(&model, table)?.split(record.data.split)?;
    Ok(Run { model, data, settings, checkpoint: Some(checkpoint) })
}

/// The table with its target and inputs, as the flags have it.
fn labelled(arguments: &Arguments, table: Table, output: &Output) -> Result<Labelled, Failure> {
    if let Some(labelled) = sequences::text(arguments, &table)? {
        return Ok(labelled);
    }
    let target = match (&arguments.target, table.default_target()) {
        (Some(target), _) => target.clone(),
        (None, Some(target)) => target.to_owned(),
        // Image files without classes have no such column; the message says what the folder should be like.
        (None, None) if table.file(0).is_some() => table.column("class")?.name().to_owned(),
        (None, None) => {
            let columns: Vec<String> = table.names().take(20).map(printable).collect();
            let last = columns.last().cloned().unwrap_or_default();
            return Err(Failure::usage(format!(
                "which column of {} should be learnt? Name it, for example --target {} (the columns: {}{})",
                printable(table.source()),
                source::quoted(&last),
                columns.join(", "),
                if table.columns().len() > columns.len() { ", …" } else { "" }
            )));
        }
    };
    let series = sequences::forecast(arguments, &table, &target)?;
    let is_series = series.is_some();
    let mut labelled = match series {
        Some(series) => series,
        None => table.target(&target)?,
    };
    if let Some(task) = arguments.task {
        labelled = labelled.task(task)?;
    }
    if let Some(features) = &arguments.features {
        labelled = labelled.features(features)?;
    }
    if let Some(exclude) = &arguments.exclude {
        labelled = labelled.exclude(exclude)?;
    }
    if is_series {
        sequences::tell_left_out(arguments, &labelled, output);
    }
    sequences::arrange(arguments, labelled)
}

/// The table with the target and the inputs of a model.
fn like(model: &Model, table: Table) -> Result<Labelled, Failure> {
    let place = Place::new(table.source());
    // No flag named these columns: one that is not there is wrong in the data.
    let in_data = |error: Error| match error {
        Error::Setting { message, .. } => {
            let source = format!("{}: ", printable(&place.source));
            let message = message.strip_prefix(&source).unwrap_or(&message);
            Error::data(place.clone(), message)
        }
        other => other,
    };
    let encoder = model.encoder();
    if let Some(labelled) = sequences::like(model, &table).map_err(in_data)? {
        return Ok(labelled);
    }
    let labelled = table.target(encoder.target().name()).map_err(in_data)?.task(encoder.task()).map_err(in_data)?;
    let is_image = matches!(encoder.inputs(), [Input::Image { .. }]);
    let labelled = if is_image { labelled } else { labelled.features(encoder.input_names()).map_err(in_data)? };
    Ok(match encoder.inputs() {
        [Input::Sequence { steps, features, .. }] => labelled.sequence(*steps, *features),
        _ => labelled,
    })
}

/// A validation or test row that cannot be used is told before the training, and not when all of it is done.
fn check_rows(run: &Run) -> Result<(), Failure> {
    for part in [run.data.validation(), run.data.test()] {
        if !part.is_empty() {
            run.model.encoder().encode(part)?;
        }
    }
    Ok(())
}

/// Says what is about to be done.
fn introduce(run: &Run, output: &Output) {
    let (data, network) = (&run.data, run.model.network());
    let parts = [(data.train(), "for training"), (data.validation(), "for validation"), (data.test(), "for the test")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(table, _)| !table.is_empty())
        .map(|(table, what)| format!("{} {what}", run.model.encoder().examples(table.rows())))
        .collect();
    let words = sequences::words(&run.model);
    let goal = match run.model.encoder().classes() {
        [] => format!("the number \"{}\"", printable(run.model.encoder().target().name())),
        classes => {
            let target = printable(run.model.encoder().target().name());
            format!("\"{target}\", one of {} classes", classes.len())
        }
    };
    let (rows, goal) = words.unwrap_or(("rows", goal));
    output.note(format!("data      {}: {rows} {}", printable(data.train().source()), parts.join(", ")));
    output.note(format!("learning  {goal}, from inputs of shape {}", network.input()));
    output.note(format!("network   {} ({} parameters)", network.notation(), network.parameters()));
    let settings = &run.settings;
    output.note(format!(
        "run       {} epochs, batches of {}, {}, seed {}",
        settings.epochs, settings.batch_size, settings.optimizer, settings.seed
    ));
    if let Some(augment) = &settings.augment {
        output.note(format!("augment   {augment}"));
    }
    output.detail(format!("schedule  {}", settings.schedule));
    output.detail(format!("{network}"));
}

/// Runs the training, stopping now and then for a checkpoint where one was asked for.
fn train(run: &mut Run, arguments: &Arguments, names: &Names, output: &Output) -> Result<(Fit, Duration), Failure> {
    let mut elapsed = Duration::ZERO;
    let progress = Progress::new(&run.settings, run.model.encoder().examples(run.data.train().rows()), output);
    loop {
        let epochs = Cell::new(0usize);
        let pause = arguments.checkpoint_every;
        let mut trainer = Trainer::with(run.settings.clone())
            .threads(arguments.threads())
            .on_epoch(|epoch| {
                epochs.set(epochs.get() + 1);
                progress.epoch(epoch);
            })
            .on_step(|step| progress.step(step))
            .stop_when(|| interrupt::asked() || pause.is_some_and(|every| epochs.get() >= every));
        if let Some(checkpoint) = run.checkpoint.take() {
            trainer = trainer.resume(checkpoint);
        }
        let fit = run.model.fit(&run.data, trainer)?;
        elapsed += fit.elapsed;
        if fit.ended != Ended::Interrupted || interrupt::asked() {
            progress.finish(&fit);
            return Ok((fit, elapsed));
        }
        run.model.save_checkpoint(&names.checkpoint, &fit.checkpoint)?;
        output.detail(format!("checkpoint written to {}", shown(&names.checkpoint)));
        run.checkpoint = Some(fit.checkpoint);
    }
}

/// Writes the model, its history as a picture, and the state of a run that was stopped.
///
/// Another run may have taken the names meanwhile: then the next free ones are used, so that no training is lost.
fn save(run: &Run, fit: &Fit, arguments: &Arguments, names: Names, output: &Output) -> Result<Names, Failure> {
    let mut names = names;
    if arguments.force {
        run.model.save_over(&names.model)?;
    } else {
        while let Err(error) = run.model.save(&names.model) {
            if names.model.symlink_metadata().is_err() {
                return Err(error.into());
            }
            let taken = shown(&names.model);
            let stem = names.model.with_extension("");
            names = Names::free(&stem.to_string_lossy());
            output.note(format!("{taken} was made by another program meanwhile; writing to {}", shown(&names.model)));
        }
    }
    if !fit.history.is_empty() {
        let title = format!("Training on {}", run.data.train().source());
        let chart = super::plot::history_chart(&fit.history, fit.best_epoch, &title);
        files::write(&names.history, chart.to_svg().as_bytes(), arguments.force)?;
    }
    if fit.ended == Ended::Interrupted {
        run.model.save_checkpoint(&names.checkpoint, &fit.checkpoint)?;
    }
    Ok(names)
}

/// What is told after Ctrl-C.
fn stopped(fit: &Fit, model: &Model, names: &Names, source: &str) -> Failure {
    let epochs = fit.checkpoint.epochs();
    let kept = match fit.best_epoch {
        0 => "the weights so far".to_owned(),
        best => format!("the weights of epoch {best}"),
    };
    let text = if model.encoder().vocabulary().is_some() { "--text " } else { "" };
    let path = |path: &Path| source::quoted(&path.display().to_string());
    Failure::new(
        Code::Interrupted,
        format!(
            "stopped after {epochs} whole epochs; {} holds {kept} ({} parameters). Go on with:\n  adaline train \
             {text}{} --resume {} -o {} --force",
            shown(&names.model),
            model.network().parameters(),
            source::quoted(source),
            path(&names.checkpoint),
            path(&names.model),
        ),
    )
}

impl Arguments {
    fn split(&self) -> Split {
        let mut split = Split::seeded(self.seed.unwrap_or(0));
        if let Some(fraction) = self.test_split {
            split = split.test(fraction);
        }
        if let Some(fraction) = self.validation_split {
            split = split.validation(fraction);
        }
        split
    }

    fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }
}

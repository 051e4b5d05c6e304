use super::decode::picture;
use super::*;
use crate::Shape;
use crate::data::{Split, Task, Values};
use crate::{Dense, Model, Network};
use proptest::prelude::*;
use tempfile::TempDir;

/// A PNG with these bytes.
fn png(color: png::ColorType, depth: png::BitDepth, (height, width): (u32, u32), bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 0, 255, 0]);
        encoder.set_trns(vec![255, 255, 0]);
    }
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
    file
}

fn grey_png(height: u32, width: u32, bytes: &[u8]) -> Vec<u8> {
    png(png::ColorType::Grayscale, png::BitDepth::Eight, (height, width), bytes)
}

/// A grey PNG of one shade.
fn plain(height: u32, width: u32, shade: u8) -> Vec<u8> {
    grey_png(height, width, &vec![shade; (height * width) as usize])
}

fn rgb_png(height: u32, width: u32, bytes: &[u8]) -> Vec<u8> {
    png(png::ColorType::Rgb, png::BitDepth::Eight, (height, width), bytes)
}

fn jpeg(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(name)).unwrap()
}

/// A folder with these files, which may lie in folders.
fn folder<B: AsRef<[u8]>>(files: impl IntoIterator<Item = (&'static str, B)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn images(table: &Table) -> &Images {
    let (place, _) = table.image().unwrap();
    let Values::Images(images) = table.columns()[place].values() else { panic!("a column of images") };
    images
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn class_folders_are_classes() {
    let folder = folder([
        ("dog/2.png", plain(2, 2, 20)),
        ("dog/1.png", plain(2, 2, 10)),
        ("cat/deep/er/0.PNG", plain(2, 2, 30)),
        ("고양이/a.jpeg", plain(2, 2, 40)), // a PNG in spite of its name
        ("cat/.hidden.png", b"no image".to_vec()),
        (".git/a.png", b"no image".to_vec()),
        ("cat/notes.txt", b"hello".to_vec()),
        ("cat/README", b"hello".to_vec()),
        ("words/a.txt", b"hello".to_vec()),
    ]);
    let table = Table::read(folder.path()).unwrap();
    assert_eq!(table.names().collect::<Vec<_>>(), ["image", "class"]);
    assert_eq!(table.default_target(), Some("class"));
    let classes: Vec<String> = (0..4).map(|row| table.column("class").unwrap().cell(row)).collect();
    assert_eq!(classes, ["cat", "dog", "dog", "고양이"]);
    assert_eq!(images(&table).shape(), Shape::Image { channels: 1, height: 2, width: 2 });
    assert_eq!((0..4).map(|row| images(&table).row(row).unwrap()[0]).collect::<Vec<_>>(), [30, 10, 20, 40]);
    assert_eq!(table.file(1), folder.path().join("dog/1.png").to_str());
    assert_eq!(
        table.notes(),
        [
            "left out, for they are no PNG or JPEG: 3 other files (2 .txt, 1 without an ending)",
            "no images in \"words\": no class of its own"
        ]
    );
    // Errors about a row name its file.
    let error = table.error(2, "class", "trouble").to_string();
    assert!(error.ends_with("dog/2.png: column \"class\": trouble"), "{error}");
    let part = table.select(&[2, 0]).unwrap();
    assert_eq!((part.file(0), part.file(2)), (folder.path().join("dog/2.png").to_str(), None));
}

#[test]
fn a_given_split_is_kept() {
    let mut files = Vec::new();
    for (part, shades) in [("Train", 0..20), ("test", 100..104), ("val", 200..202)] {
        for shade in shades {
            let class = if shade % 2 == 0 { "even" } else { "odd" };
            let name: &'static str = format!("{part}/{class}/{shade}.png").leak();
            files.push((name, plain(2, 2, shade)));
        }
    }
    let folder = folder(files);
    let table = || Table::read(folder.path()).unwrap().target("class").unwrap();
    let shades = |table: &Table| {
        let mut shades: Vec<u8> = images(table).bytes().iter().step_by(4).copied().collect();
        shades.sort_unstable();
        shades
    };
    let data = table().split(Split::seeded(1)).unwrap();
    assert_eq!(shades(data.train()), (0..20).collect::<Vec<u8>>());
    assert_eq!(shades(data.validation()), [200, 201]);
    assert_eq!(shades(data.test()), [100, 101, 102, 103]);
    assert_eq!(table().split(Split::none()).unwrap().train().rows(), 26);
    // Without validation folder the rows are drawn from the training rows.
    std::fs::remove_dir_all(folder.path().join("val")).unwrap();
    let data = table().split(Split::seeded(1)).unwrap();
    assert_eq!((data.train().rows(), data.validation().rows(), data.test().rows()), (18, 2, 4));
    assert!(shades(data.validation()).iter().all(|shade| *shade < 20));
    // A class that training does not have is found at once.
    std::fs::create_dir(folder.path().join("test/prime")).unwrap();
    std::fs::write(folder.path().join("test/prime/7.png"), plain(2, 2, 7)).unwrap();
    let error = message(Table::read(folder.path()));
    assert!(error.ends_with("7.png: the training images have no class \"prime\"; they have even, odd"), "{error}");
}

#[test]
fn folders_of_other_names_are_classes_even_beside_train() {
    for (files, classes) in [
        (vec![("train/a.png", plain(1, 1, 0)), ("test/b.png", plain(1, 1, 9))], 2),
        (vec![("train/x/a.png", plain(1, 1, 0)), ("car/b.png", plain(1, 1, 9))], 2),
        (vec![("train/x/a.png", plain(1, 1, 0)), ("train/y/b.png", plain(1, 1, 9))], 2),
    ] {
        let folder = folder(files);
        let data = Table::read(folder.path()).unwrap().target("class").unwrap().split(Split::none()).unwrap();
        assert_eq!(data.classes().len(), classes);
    }
}

#[test]
fn images_without_class_folders_have_no_class() {
    let folder = folder([("b.png", plain(1, 2, 1)), ("a.png", plain(1, 2, 0)), ("cat/c.png", plain(1, 2, 2))]);
    let table = Table::read(folder.path()).unwrap();
    assert_eq!((table.rows(), table.default_target()), (3, None));
    let error = message(table.clone().target("class"));
    assert!(error.contains("the images have no classes: put each into a folder"), "{error}");
    assert!(message(table.target("image")).starts_with("target: the column \"image\" holds images"));
    let one = Table::read(folder.path().join("b.png")).unwrap();
    assert_eq!((one.rows(), one.file(0)), (1, folder.path().join("b.png").to_str()));
}

#[test]
fn sizes_follow_from_the_images() {
    let sizes = |sizes: &[(usize, usize)]| suited(sizes);
    assert_eq!(sizes(&[(28, 28), (28, 28)]), ((28, 28), None));
    assert_eq!(sizes(&[(64, 48)]), ((64, 48), None));
    let (size, note) = sizes(&[(480, 640), (480, 640)]);
    assert_eq!(size, (48, 64));
    assert_eq!(note.unwrap(), "images of 480x640 pixels (height x width) are made 48x64; --image-size says otherwise");
    let (size, note) = sizes(&[(480, 640), (640, 480), (1000, 1000)]);
    assert_eq!(size, (64, 64));
    assert!(note.unwrap().starts_with("images of 480x640 to 1000x1000 pixels"));
    assert_eq!(sizes(&[(30, 30), (31, 31), (35, 35)]).0, (32, 32));
    assert_eq!(sizes(&[(5, 5), (6, 6)]).0, (6, 6));
    assert_eq!(sizes(&[(1, 5000), (1, 5001)]).0, (1, 64));
}

#[test]
fn size_and_channels_can_be_said() {
    let folder = folder([("a/1.png", plain(4, 4, 100)), ("b/2.png", rgb_png(2, 2, &[255, 0, 0].repeat(4)))]);
    let read = |options: &ImageOptions| Table::read_with(folder.path(), options);
    let table = read(&ImageOptions::new().size(1, 2)).unwrap();
    assert_eq!(images(&table).shape(), Shape::Image { channels: 3, height: 1, width: 2 });
    assert_eq!(images(&table).bytes(), [[100; 6], [255, 255, 0, 0, 0, 0]].concat());
    let table = read(&ImageOptions::new().size(1, 1).channels(1).threads(8)).unwrap();
    assert_eq!(images(&table).bytes(), [100, 76]);
    assert!(message(read(&ImageOptions::new().size(0, 2))).starts_with("image-size: 0x2 pixels"));
    assert!(message(read(&ImageOptions::new().channels(2))).starts_with("channels: 2 does not work"));
}

#[test]
fn pngs_of_all_kinds() {
    use png::{BitDepth, ColorType};
    let read = |color, depth, bytes: &[u8]| picture(&png(color, depth, (1, 2), bytes)).unwrap();
    let (grey, colour) = (1, 3);
    for (color, depth, bytes, channels, pixels) in [
        (ColorType::Grayscale, BitDepth::Eight, &[7, 9][..], grey, &[7, 9][..]),
        (ColorType::Grayscale, BitDepth::One, &[0b0100_0000], grey, &[0, 255]),
        (ColorType::Grayscale, BitDepth::Four, &[0x1f], grey, &[17, 255]),
        (ColorType::Grayscale, BitDepth::Sixteen, &[7, 200, 255, 255], grey, &[7, 255]),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 255, 7, 0], grey, &[7, 255]),
        (ColorType::Rgb, BitDepth::Eight, &[1, 2, 3, 4, 5, 6], colour, &[1, 2, 3, 4, 5, 6]),
        // Half of black on white: 255 · (255 - 128) / 255.
        (ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 255, 0, 0, 0, 128], colour, &[1, 2, 3, 127, 127, 127]),
        // The palette's third colour is transparent.
        (ColorType::Indexed, BitDepth::Eight, &[1, 2], colour, &[255, 0, 0, 255, 255, 255]),
    ] {
        let picture = read(color, depth, bytes);
        assert_eq!((picture.channels, picture.bytes.as_slice()), (channels, pixels), "{color:?} {depth:?}");
    }
}

/// What Pillow reads from the same files: top left, top right, bottom left, bottom right, and the third of the second row.
#[test]
fn jpegs_are_as_pillow_has_them() {
    let corners: [(&str, u8, [[u8; 3]; 5]); 4] = [
        ("colour.jpg", 1, [[0, 0, 253], [211, 0, 43], [0, 178, 253], [211, 179, 44], [60, 60, 194]]),
        // Half the resolution of the colours: how they are spread out differs from one decoder to the next.
        ("progressive.jpg", 12, [[0, 11, 216], [182, 16, 40], [26, 164, 253], [219, 168, 79], [60, 60, 194]]),
        ("cmyk.jpg", 2, [[0, 0, 255], [210, 0, 45], [0, 180, 255], [210, 180, 45], [61, 60, 194]]),
        ("turned.jpg", 1, [[0, 178, 253], [0, 0, 253], [211, 179, 44], [211, 0, 43], [91, 118, 162]]),
    ];
    for (name, within, expected) in corners {
        let picture = picture(&jpeg(name)).unwrap();
        let (height, width) = if name == "turned.jpg" { (8, 4) } else { (4, 8) };
        assert_eq!((picture.channels, picture.height, picture.width), (3, height, width), "{name}");
        let places = [(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1), (1, 2)];
        for ((row, column), expected) in places.into_iter().zip(expected).take(if name == "turned.jpg" { 4 } else { 5 })
        {
            let at = (row * width + column) * 3;
            for (ours, theirs) in picture.bytes[at..at + 3].iter().zip(expected) {
                assert!(ours.abs_diff(theirs) <= within, "{name} {row} {column}: {ours} {theirs}");
            }
        }
    }
    let grey = picture(&jpeg("grey.jpg")).unwrap();
    assert_eq!((grey.channels, grey.height, grey.width), (1, 8, 8));
    for (at, theirs) in [(0, 0u8), (7, 112), (56, 99), (63, 210), (10, 46)] {
        assert!(grey.bytes[at].abs_diff(theirs) <= 1, "{:?}", grey.bytes);
    }
}

#[test]
fn a_turned_photo_is_turned_before_its_size_is_chosen() {
    let folder = folder([("a.jpg", jpeg("turned.jpg"))]);
    assert_eq!(decode::size(&folder.path().join("a.jpg")).unwrap(), (8, 4));
    assert_eq!(images(&Table::read(folder.path()).unwrap()).shape(), Shape::Image { channels: 3, height: 8, width: 4 });
}

#[test]
fn files_that_are_no_images_are_told_by_name() {
    let good = plain(8, 8, 3);
    let whole = jpeg("grey.jpg");
    let mut bomb = grey_png(1, 1, &[0]);
    bomb[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let mut large = grey_png(1, 1, &[0]);
    large[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    for header in [&mut bomb, &mut large] {
        let checksum = crc32(&header[12..29]);
        header[29..33].copy_from_slice(&checksum.to_be_bytes());
    }
    let mut flipped = good.clone();
    let middle = flipped.len() - 20;
    flipped[middle] ^= 0x55;
    for (bytes, complaint) in [
        (b"".to_vec(), "this is no PNG or JPEG: the file is empty"),
        (b"hello world".to_vec(), "this is no PNG or JPEG: its first bytes are those of neither"),
        (b"GIF89a......".to_vec(), "it is a GIF; convert it"),
        (b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(), "it is a WebP"),
        (good[..20].to_vec(), "the PNG is cut off"),
        (good[..good.len() - 20].to_vec(), "the PNG is cut off"),
        (flipped, "the PNG is damaged"),
        (bomb, "pixels are too many"),
        (large, "100000x100000 pixels are too many"),
        (whole[..20].to_vec(), "the JPEG is damaged"),
        (b"\xff\xd8\xff\xe0\0\0\0\0".to_vec(), "(Found a marker with invalid length:0); save it again"),
        (whole[..whole.len() - 30].to_vec(), "the JPEG is "),
        (whole[..whole.len() - 2].to_vec(), "the JPEG is cut off"),
    ] {
        let folder = folder([("a/1.png", good.clone()), ("b/2.jpg", bytes.clone())]);
        for options in [ImageOptions::new(), ImageOptions::new().size(4, 4).threads(3)] {
            let error = message(Table::read_with(folder.path(), &options));
            assert!(error.contains("b/2.jpg: ") && error.contains(complaint), "{error}\n{complaint}");
            // Of several broken files the first one is told, whatever the threads.
            std::fs::write(folder.path().join("b/3.png"), "also bad").unwrap();
        }
    }
}

/// The checksum of a PNG's chunk.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn folders_that_hold_no_data() {
    let folder = folder([("cat/a.txt", "x"), ("b.csv", "x")]);
    let error = message(Table::read(folder.path()));
    assert!(error.contains("this folder has no data set in it: it needs PNG or JPEG files"), "{error}");
    assert!(error.ends_with("there is nothing but 2 other files (1 .csv, 1 .txt)"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_and_names_that_make_trouble() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let folder = folder([("cat/1.png", plain(1, 1, 1)), ("dog/2.png", plain(1, 1, 2))]);
    // A link to a file, or to a folder elsewhere, is as good as what it leads to.
    symlink(folder.path().join("cat/1.png"), folder.path().join("dog/3.png")).unwrap();
    // A file's name may be anything.
    let odd = folder.path().join("cat").join(std::ffi::OsStr::from_bytes(b"\xff\xfe.png"));
    std::fs::write(odd, plain(1, 1, 5)).unwrap();
    assert_eq!(Table::read(folder.path()).unwrap().rows(), 4);

    symlink(folder.path(), folder.path().join("cat/round")).unwrap();
    let error = message(Table::read(folder.path()));
    assert!(error.contains("cat/round: this link leads back to a folder"), "{error}");
    std::fs::remove_file(folder.path().join("cat/round")).unwrap();

    symlink("nowhere.png", folder.path().join("cat/gone.png")).unwrap();
    let error = message(Table::read(folder.path()));
    assert!(error.contains("cat/gone.png: cannot read"), "{error}");
    std::fs::remove_file(folder.path().join("cat/gone.png")).unwrap();

    symlink("/dev/zero", folder.path().join("cat/endless.png")).unwrap();
    let error = message(Table::read(folder.path()));
    assert!(error.contains("cat/endless.png: this is no regular file"), "{error}");
    std::fs::remove_file(folder.path().join("cat/endless.png")).unwrap();

    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&odd).unwrap();
    std::fs::write(odd.join("a.png"), plain(1, 1, 5)).unwrap();
    assert!(message(Table::read(folder.path())).contains("name is not valid UTF-8"));
}

#[test]
fn a_model_reads_other_images_as_it_was_trained() {
    let red: Vec<u8> = [255, 0, 0].repeat(16);
    let blue: Vec<u8> = [0, 0, 255].repeat(16);
    let folder = folder([("red/1.png", rgb_png(4, 4, &red)), ("blue/2.png", rgb_png(4, 4, &blue))]);
    let data = Table::read(folder.path()).unwrap().target("class").unwrap().split(Split::none()).unwrap();
    let encoder = data.encoder();
    let crate::data::Input::Image { channels: 3, mean, scale, white: Some(255.0), .. } = &encoder.inputs()[0] else {
        panic!("{encoder:?}")
    };
    // Green is black everywhere: its scale is 1.
    assert_eq!((mean.as_slice(), scale.as_slice()), (&[127.5, 0.0, 127.5][..], &[127.5, 1.0, 127.5][..]));
    let (inputs, 2) = encoder.encode_inputs(data.train()).unwrap() else { panic!() };
    assert_eq!(inputs[..48], [[-1.0; 16], [0.0; 16], [1.0; 16]].concat());

    let json = serde_json::to_string(&encoder).unwrap();
    assert!(json.contains(r#""mean":[127.5,0.0,127.5],"scale":[127.5,1.0,127.5],"white":255.0"#), "{json}");
    let encoder: crate::data::Encoder = serde_json::from_str(&json).unwrap();

    // A larger grey image, read for this model.
    let other = self::folder([("x.png", plain(9, 5, 255))]);
    let options = encoder.image_options().unwrap();
    let table = Table::read_with(other.path(), &options).unwrap();
    let (inputs, 1) = encoder.encode_inputs(&table).unwrap() else { panic!() };
    assert_eq!(inputs, [[1.0; 16], [255.0; 16], [1.0; 16]].concat());
    // Read without the model's options it is of another shape, and that is said.
    let error = message(encoder.encode_inputs(&Table::read(other.path()).unwrap()));
    assert!(error.contains("the images are 1x9x5 and the model reads 3x4x4"), "{error}");

    let network = Network::new(encoder.shape(), [Dense::linear(1)]).unwrap();
    assert_eq!(Model::new(encoder, network).predict(&table).unwrap().rows(), 1);
}

#[test]
fn a_model_of_columns_reads_no_files_unless_its_file_says_what_white_is() {
    let csv = "p00,p01,p10,p11,class\n0,16,0,16,a\n16,0,0,16,b\n";
    let columns = Table::from_reader(csv.as_bytes(), "digits.csv").unwrap();
    let encoder = crate::data::Encoder::fit(&columns, "class", Task::Classification).unwrap();
    let folder = folder([("x.png", grey_png(2, 2, &[0, 255, 0, 255]))]);
    let table = Table::read(folder.path()).unwrap();
    let error = message(encoder.encode_inputs(&table));
    assert!(error.contains("it reads no image files"), "{error}");
    let json = serde_json::to_string(&encoder).unwrap().replace(r#""scale":"#, r#""white":16,"scale":"#);
    let encoder: crate::data::Encoder = serde_json::from_str(&json).unwrap();
    assert_eq!(encoder.encode_inputs(&table).unwrap().0, encoder.encode_inputs(&columns).unwrap().0[..4]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Real files with some bytes changed and the end cut off.
    #[test]
    fn no_bytes_make_it_panic(
        file in 0usize..7,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
        cut: bool,
    ) {
        let files = ["grey.jpg", "colour.jpg", "progressive.jpg", "turned.jpg", "cmyk.jpg"];
        let mut bytes = match files.get(file) {
            Some(name) => jpeg(name),
            None if file == 5 => rgb_png(4, 3, &(0..36).collect::<Vec<u8>>()),
            None => png(png::ColorType::Indexed, png::BitDepth::Eight, (2, 2), &[0, 1, 2, 0]),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Ok(picture) = picture(&bytes) {
            prop_assert_eq!(picture.bytes.len(), picture.channels * picture.height * picture.width);
            prop_assert!(!picture.bytes.is_empty());
        }
    }
}

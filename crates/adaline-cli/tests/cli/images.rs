//! Folders of images: trained on, evaluated, predicted, changed while training, and refused with the name of the file.

use crate::support::Folder;

/// A colour PNG in which each pixel is what a function of its row and column says.
fn png(height: u32, width: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let bytes: Vec<u8> = (0..height * width).flat_map(|i| pixel(i / width, i % width)).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
    file
}

/// A grey image with stripes from top to bottom, or from left to right; `number` shifts them and shades them.
fn striped(upright: bool, number: u8, height: u32, width: u32) -> Vec<u8> {
    png(height, width, |row, column| {
        let along = if upright { column } else { row } + u32::from(number);
        [if along % 4 < 2 { 200 + number % 8 } else { 10 + number % 8 }; 3]
    })
}

/// `photos/upright/0.png` … and `photos/lying/0.png` …, 8 x 8 pixels each.
fn photos() -> Folder {
    let folder = Folder::new();
    for number in 0..20 {
        folder.write(&format!("photos/upright/{number}.png"), striped(true, number, 8, 8));
        folder.write(&format!("photos/lying/{number}.png"), striped(false, number, 8, 8));
    }
    folder
}

#[test]
fn a_folder_of_class_folders_from_training_to_prediction() {
    let folder = photos();
    folder.write("photos/upright/notes.txt", "they stand");
    let ran = folder.run("train photos --epochs 60 -o m.safetensors");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("note      left out, for they are no PNG or JPEG: 1 other file (1 .txt)"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\"class\", one of 2 classes, from inputs of shape 1x8x8"), "{}", ran.stderr);
    // Evaluation reads larger colour images in the model's size, grey.
    for number in 0..4 {
        folder.write(&format!("more/upright/{number}.png"), striped(true, number, 8, 8));
        folder.write(&format!("more/lying/{number}.png"), striped(false, number, 8, 8));
    }
    folder.write("more/lying/large.png", png(16, 16, |row, _| [if row / 2 % 4 < 2 { 204 } else { 14 }; 3]));
    let evaluation = folder.json("evaluate m.safetensors more --json");
    assert_eq!((evaluation["rows"].as_u64(), evaluation["accuracy"].as_f64()), (Some(9), Some(1.0)));
    // Files are named, whether there are class folders or not, and whether it is one file.
    folder.write("flat/b.png", striped(true, 3, 8, 8));
    folder.write("flat/이미지, 2.png", striped(false, 3, 8, 8));
    assert_eq!(
        folder.good("predict m.safetensors flat"),
        "file,prediction\nflat/b.png,upright\n\"flat/이미지, 2.png\",lying\n"
    );
    assert_eq!(folder.good("predict m.safetensors flat/b.png"), "file,prediction\nflat/b.png,upright\n");
    let json = folder.good("predict m.safetensors flat/b.png --json --proba");
    assert!(json.starts_with("{\"file\":\"flat/b.png\",\"prediction\":\"upright\",\"p_lying\":0."), "{json}");
    assert!(folder.good("predict m.safetensors more").lines().count() == 10);
    assert!(folder.good("inspect m.safetensors").contains("1x8x8"));
}

#[test]
fn sizes_channels_and_a_given_split() {
    let folder = Folder::new();
    for (part, count) in [("train", 12), ("val", 4), ("test", 6)] {
        for number in 0..count {
            let shade = |red| png(100, 80, move |_, _| if red { [200, number * 3, 0] } else { [0, number * 3, 200] });
            folder.write(&format!("d/{part}/red/{number}.png"), shade(true));
            folder.write(&format!("d/{part}/blue/{number}.png"), shade(false));
        }
    }
    let ran = folder.run("train d --epochs 3 -o a.safetensors");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("rows 24 for training, 8 for validation, 12 for the test"), "{}", ran.stderr);
    assert!(ran.stderr.contains("images of 100x80 pixels (height x width) are made 64x48"), "{}", ran.stderr);
    let ran = folder.run("train d --epochs 3 --image-size 4x6 --channels 1 -o b.safetensors");
    assert!(ran.stderr.contains("from inputs of shape 1x4x6"), "{}", ran.stderr);
    let ran = folder.run("train d --from a.safetensors --epochs 2 -o c.safetensors");
    assert!(ran.stderr.contains("from inputs of shape 3x64x48"), "{}", ran.stderr);
    assert_eq!(folder.json("inspect a.safetensors --json")["inputs"][0]["mean"].as_array().unwrap().len(), 3);
}

#[test]
fn changed_images_give_the_same_bits_and_go_on() {
    let folder = photos();
    let hash = |line: &str| folder.json(&format!("{line} --json"))["weights_sha256"].as_str().unwrap().to_owned();
    let train = "train photos --epochs 6 --seed 3 --batch-size 7 --patience 6";
    let plain = hash(&format!("{train} -o plain.safetensors"));
    let augment = "--augment \"shift 2, rotate 20, flip\"";
    let changed = hash(&format!("{train} {augment} --threads 1 -o one.safetensors --checkpoint-every 4"));
    assert_ne!(plain, changed);
    assert_eq!(changed, hash(&format!("{train} {augment} --threads 3 -o three.safetensors")));
    folder.write("flags.json", r#"{"augment": ["shift 2", "rotate 20", "flip"]}"#);
    assert_eq!(changed, hash(&format!("{train} --config flags.json -o config.safetensors")));
    // The checkpoint after the fourth epoch is left; two more make the same model.
    assert_eq!(changed, hash("train photos --resume one.checkpoint.safetensors -o whole.safetensors"));
    assert!(folder.good("inspect one.safetensors").contains("shift 2, rotate 20, flip"));
}

#[test]
fn mistakes_about_images() {
    let folder = photos();
    folder.good("train photos --epochs 1 -o m.safetensors");
    folder.good("train digits --epochs 1 -o digits.safetensors");
    folder.write("empty/readme.md", "nothing");
    folder.write("flat/a.png", striped(true, 1, 8, 8));
    folder.write("one/cat/a.png", striped(true, 1, 8, 8));
    folder.write("one/cat/b.png", striped(true, 2, 8, 8));
    folder.write("text/a/1.png", "I am text");
    folder.write("text/b/2.png", striped(true, 1, 8, 8));
    folder.write("cut/a/1.png", &striped(true, 1, 8, 8)[..50]);
    folder.write("cut/b/2.png", striped(true, 1, 8, 8));
    folder.write("other/slanting/1.png", striped(true, 1, 8, 8));
    folder.write("other/upright/1.png", striped(true, 1, 8, 8));
    folder.write("esc/\u{1b}[2J/1.png", "x");
    folder.write("xy.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n");
    let lines = [
        ("train empty", 3),
        ("train flat", 3),
        ("train one", 3),
        ("train text", 3),
        ("train cut", 3),
        ("train cut --image-size 4", 3),
        ("train esc", 3),
        ("evaluate m.safetensors flat", 3),
        ("evaluate m.safetensors other", 3),
        ("evaluate m.safetensors xy.csv", 3),
        ("predict digits.safetensors flat", 3),
        ("predict m.safetensors text/a/1.png", 3),
        ("train photos --image-size 0", 2),
        ("train photos --image-size 32x", 2),
        ("train photos --image-size 5000", 2),
        ("train photos --channels 4", 2),
        ("train photos --augment shfit", 2),
        ("train photos --augment \"shift 9\"", 2),
        ("train photos --target image", 2),
        ("train xy.csv --target y --augment flip", 2),
        ("train xy.csv --target y --image-size 8", 2),
        ("train photos --from m.safetensors --channels 1", 2),
    ];
    let errors: Vec<String> = lines.iter().map(|(line, code)| folder.bad(line, *code)).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

use super::*;
use crate::Shape;
use crate::data::{ImageOptions, Split, Table, Values};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;

/// An IDX file: the dimensions and the values.
fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// `count` images of 3 rows of 2 pixels: image i has the pixels 6i, 6i + 1, ….
fn images(count: u8) -> Vec<u8> {
    idx(&[u32::from(count), 3, 2], &(0..count * 6).collect::<Vec<u8>>())
}

fn labels(labels: &[u8]) -> Vec<u8> {
    idx(&[labels.len() as u32], labels)
}

/// Compressed in several members, as `cat a.gz b.gz` makes them.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let members = bytes.chunks(bytes.len().div_ceil(3)).flat_map(|member| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(member).unwrap();
        encoder.finish().unwrap()
    });
    members.collect()
}

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn message(result: Result<Table>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn one_pair_is_a_table() {
    let pair = [("t10k-images-idx3-ubyte", images(2)), ("t10k-labels-idx1-ubyte.gz", gzip(&labels(&[7, 3])))];
    let folder = folder(&pair);
    for path in [folder.path().to_owned(), folder.path().join("t10k-images-idx3-ubyte")] {
        let table = Table::read(path).unwrap();
        assert_eq!(table.rows(), 2);
        assert_eq!(table.names().collect::<Vec<_>>(), ["image", "label"]);
        assert_eq!(table.image(), Some((0, Shape::Image { channels: 1, height: 3, width: 2 })));
        let Values::Images(images) = table.columns()[0].values() else { panic!() };
        assert_eq!(images.bytes(), (0..12).collect::<Vec<u8>>());
        let columns = table.with_pixel_columns().unwrap();
        assert_eq!(columns.names().collect::<Vec<_>>(), ["p00", "p01", "p10", "p11", "p20", "p21", "label"]);
        assert_eq!(columns.column("p21").unwrap().values(), &Values::Bytes(vec![5, 11]));
        assert_eq!(table.column("label").unwrap().number(1), Some(3.0));
        assert_eq!(table.default_target(), Some("label"));
    }
}

#[test]
fn streams_are_read_too() {
    let table = Table::from_idx(images(2).as_slice(), gzip(&labels(&[7, 3])).as_slice(), "mine").unwrap();
    assert_eq!((table.source(), table.rows(), table.columns().len()), ("mine", 2, 2));
    let text = message(Table::from_idx(images(2).as_slice(), labels(&[7]).as_slice(), "mine"));
    assert!(text.starts_with("mine: there are 2 images, but labels of dimensions [1]"), "{text}");
}

#[test]
fn two_pairs_are_training_and_test_rows() {
    let all: Vec<u8> = (0..30).map(|i| i % 2).collect();
    let files = [
        ("train-images.idx3-ubyte.gz", gzip(&images(30))),
        ("train-labels.idx1-ubyte", labels(&all)),
        ("t10k-images-idx3-ubyte", images(4)),
        ("t10k-labels-idx1-ubyte", labels(&[0, 1, 0, 1])),
    ];
    let folder = folder(&files);
    let data = Table::read(folder.path()).unwrap().target("label").unwrap().split(Split::seeded(1)).unwrap();
    assert_eq!((data.train().rows(), data.validation().rows(), data.test().rows()), (27, 3, 4));
    assert_eq!(data.input(), Shape::Image { channels: 1, height: 3, width: 2 });
    let Values::Images(test) = data.test().columns()[0].values() else { panic!() };
    assert_eq!(test.row(3).unwrap()[0], 18);
}

#[test]
fn images_without_labels_can_be_predicted() {
    let folder = folder(&[("some-images-idx3-ubyte", images(2)), ("train-images-idx3-ubyte", images(2))]);
    let table = Table::read(folder.path().join("some-images-idx3-ubyte")).unwrap();
    assert_eq!((table.columns().len(), table.default_target()), (1, None));
    assert!(message(Table::read(folder.path())).contains("labels is not beside it"));
}

#[test]
fn what_is_wrong_is_told() {
    let bad = |bytes: Vec<u8>, complaint: &str| {
        let folder = folder(&[("x-images-idx3-ubyte", bytes.clone()), ("y-images-idx3-ubyte.gz", gzip(&bytes))]);
        for name in ["x-images-idx3-ubyte", "y-images-idx3-ubyte.gz"] {
            let message = message(read_images(&folder.path().join(name), &ImageOptions::new()));
            assert!(message.contains(name) && message.contains(complaint), "{message}");
        }
    };
    bad(labels(&[1, 2]), "these are labels");
    bad(idx(&[1, 1, 2, 2], &[0; 4]), "three dimensions");
    bad(idx(&[0, 28, 28], &[]), "0 images of 28x28");
    bad(idx(&[2, 3, 2], &[0; 11]), "[2, 3, 2] values");
    bad(idx(&[2, 3, 2], &[0; 13]), "more bytes than");
    bad(idx(&[u32::MAX, u32::MAX, 4], &[0; 4]), "claims");
    bad(idx(&[60_000, 28, 28], &[0; 4]), "cut off");
    bad([&[0, 0, 13, 3][..], &[0; 12]].concat(), "type 0x0d");
    bad(b"\x00\x00\x08\x03\x00\x00".to_vec(), "ends too early");
    bad(b"PNG, says it is".to_vec(), "no IDX file");

    let mut cut = gzip(&images(40));
    cut.truncate(cut.len() - 12);
    let other = folder(&[("a-images-idx3-ubyte.gz", cut)]);
    assert!(message(Table::read(other.path().join("a-images-idx3-ubyte.gz"))).contains("ends too early"));
    let other = folder(&[("b-images-idx3-ubyte", images(2)), ("b-labels-idx1-ubyte", labels(&[1]))]);
    let text = message(Table::read(other.path().join("b-images-idx3-ubyte")));
    assert!(text.contains("b-labels") && text.contains("2 images"), "{text}");
    assert!(message(Table::read(folder(&[]).path())).contains("no data set in it"));
    assert!(message(Table::read(other.path().join("absent"))).contains("cannot read"));
}

#[test]
fn another_size_and_three_channels_for_a_model_that_wants_them() {
    let folder = folder(&[("a-images-idx3-ubyte", images(2))]);
    let path = folder.path().join("a-images-idx3-ubyte");
    let table = Table::read_with(&path, &ImageOptions::new().size(1, 2).channels(3)).unwrap();
    let Values::Images(images) = table.columns()[0].values() else { panic!() };
    assert_eq!(images.shape(), Shape::Image { channels: 3, height: 1, width: 2 });
    // Three rows become one, each with its share of a triangle: 0, 2, 4 have the mean 2.
    assert_eq!(images.row(0), Some(&[2, 3, 2, 3, 2, 3][..]));
}

#[test]
fn single_pixels_are_columns_where_they_are_asked_for() {
    let all: Vec<u8> = (0..30).map(|i| i % 2).collect();
    let files = [("train-images-idx3-ubyte", images(30)), ("train-labels-idx1-ubyte", labels(&all))];
    let folder = folder(&files);
    let table = Table::read(folder.path()).unwrap();
    let labelled = || table.clone().target("label").unwrap();
    let data = labelled().features(["p01", "p20"]).unwrap().split(Split::none()).unwrap();
    assert_eq!(
        (data.input(), data.encoder().input_names()),
        (Shape::Flat(2), vec!["p01".to_owned(), "p20".to_owned()])
    );
    let data_without = labelled().exclude(["p00"]).unwrap().split(Split::none()).unwrap();
    assert_eq!(data_without.input(), Shape::Flat(5));
    assert!(message(labelled().exclude(["p99"]).map(|_| table.clone())).contains("there is no column \"p99\""));
    // A model of two pixels finds them in images.
    assert_eq!(data.encoder().encode_inputs(&table).unwrap(), data.encoder().encode_inputs(data.train()).unwrap());
    // Columns and images give the same model the same numbers, bit for bit, and the same statistics to rounding.
    let whole = labelled().split(Split::none()).unwrap().encoder();
    let columns = table.with_pixel_columns().unwrap().into_owned();
    assert_eq!(whole.encode_inputs(&table).unwrap(), whole.encode_inputs(&columns).unwrap());
    let mut csv = Vec::new();
    table.write_csv(&mut csv).unwrap();
    assert_eq!(Table::from_reader(csv.as_slice(), "x.csv").unwrap().image(), columns.image());
}

#[test]
fn text_is_not_mistaken_for_it() {
    let folder = folder(&[("flowers.csv", b"a,b\n1,2\n".to_vec()), ("packed.csv.gz", gzip(b"a,b\n1,2\n"))]);
    assert_eq!(Table::read(folder.path().join("flowers.csv")).unwrap().rows(), 1);
    assert!(message(Table::read(folder.path().join("packed.csv.gz"))).contains("compressed with gzip"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        head in prop_oneof![Just(vec![]), Just(vec![0, 0, 8, 3]), Just(vec![0, 0, 8, 3, 0, 0, 0, 2]), Just(vec![0x1f, 0x8b, 8])],
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let bytes = [head, bytes].concat();
        let known = parse(bytes.as_slice(), Some(bytes.len() as u64), "f");
        let unknown = parse(bytes.as_slice(), None, "f");
        prop_assert_eq!(known.is_ok(), unknown.is_ok());
        if let Ok(values) = known {
            prop_assert_eq!(values.bytes.len(), values.dimensions.iter().product::<usize>());
        }
        is_idx(&bytes);
        let _ = Table::from_idx(bytes.as_slice(), bytes.as_slice(), "f");
    }

    #[test]
    fn what_is_there_is_read(dimensions in prop::collection::vec(1..5u32, 1..4), zip in any::<bool>()) {
        let values: Vec<u8> = (0..dimensions.iter().product::<u32>()).map(|i| i as u8).collect();
        let mut bytes = idx(&dimensions, &values);
        if zip {
            bytes = gzip(&bytes);
        }
        let read = parse(bytes.as_slice(), Some(bytes.len() as u64), "f").unwrap();
        prop_assert_eq!(read.dimensions, dimensions.iter().map(|&d| d as usize).collect::<Vec<_>>());
        prop_assert_eq!(read.bytes, values);
    }
}

use super::*;
use crate::data::Split;
use proptest::prelude::*;

fn text(text: &str) -> Table {
    Table::from_text(text.as_bytes(), "f.txt").unwrap()
}

fn back(table: &Table) -> String {
    let column = table.column(CHARACTER).unwrap();
    (0..table.rows()).map(|row| column.cell(row)).collect()
}

#[test]
fn marks_and_line_breaks_are_evened_out() {
    let utf16 = |big: bool| -> Vec<u8> {
        let units = "\u{feff}한글\r\nab".encode_utf16();
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for bytes in
        ["한글\nab".as_bytes().to_vec(), "\u{feff}한글\r\nab".into(), "한글\rab".into(), utf16(true), utf16(false)]
    {
        assert_eq!(back(&Table::from_text(bytes.as_slice(), "f.txt").unwrap()), "한글\nab");
    }
    assert_eq!(back(&text("a\r\r\n\nb\r")), "a\n\n\nb\n");
    // A character outside the first plane is one character.
    assert_eq!(text("🙂🙃").rows(), 2);
}

#[test]
fn what_is_no_text_is_told() {
    for (bytes, start) in [
        (&b""[..], "f.txt: the file is empty"),
        (b"\xef\xbb\xbf", "f.txt: the file is empty"),
        (b"one\ntwo\xff\n", "f.txt:2: the bytes are no UTF-8 here"),
        (b"\xff\xfea", "f.txt: this is not valid UTF-16"),
        (b"\x1f\x8b\x08", "f.txt: the file is compressed"),
    ] {
        let error = Table::from_text(bytes, "f.txt").unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn the_next_character_is_learnt_at_every_step() {
    let data = text("abcabcab").next_character(3).unwrap().split(Split::none()).unwrap();
    let encoder = data.encoder();
    assert_eq!(encoder.classes(), ["a", "b", "c", "\u{fffd}"]);
    let samples = data.train_samples().unwrap();
    assert_eq!(samples.inputs(), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!(samples.targets(), &Targets::Steps { steps: 3, classes: vec![1, 2, 0, 1, 2, 0] });
    assert_eq!(samples.lengths(), None);
    // One that is not known is the unknown; what is no whole window is left over.
    let samples = encoder.encode(&text("abxab")).unwrap();
    assert_eq!(samples.inputs(), [0.0, 1.0, 3.0]);
    assert_eq!(samples.targets(), &Targets::Steps { steps: 3, classes: vec![1, 3, 0] });
    assert_eq!(encoder.encode_inputs(&text("abxab")).unwrap(), (vec![0.0, 1.0, 3.0, 0.0, 1.0, 0.0], 2));
    assert_eq!(encoder.encode_lengths(&text("abxab")).unwrap(), Some(vec![3, 2]));
    assert!(encoder.encode(&text("abc")).unwrap_err().to_string().contains("3 characters are too few"));
    let json = serde_json::to_string(&encoder).unwrap();
    assert_eq!(
        json,
        r#"{"inputs":[{"type":"text","window":3,"characters":"abc"}],"target":{"type":"next_character"}}"#
    );
    assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), encoder);
}

#[test]
fn parts_follow_each_other() {
    let long: String = ('a'..='z').cycle().take(1003).collect();
    for (split, empty) in [
        (Split::seeded(1), (false, false)),
        (Split::seeded(1).test(0.0), (false, true)),
        (Split::seeded(1).validation(0.0), (true, false)),
    ] {
        let data = text(&long).next_character(10).unwrap().split(split).unwrap();
        let parts = [data.train(), data.validation(), data.test()];
        assert_eq!((parts[1].is_empty(), parts[2].is_empty()), empty);
        let answers: usize = parts.iter().map(|part| part.rows().saturating_sub(1)).sum();
        // Every character but the first is the answer of one part alone, in order.
        assert_eq!(answers, 1000);
        let joined: String =
            parts.iter().filter(|part| !part.is_empty()).map(|part| back(part)[1..].to_owned()).collect();
        assert_eq!(joined, long[1..1001]);
        assert_eq!((data.train().rows() - 1) % 10, 0);
        assert_eq!(data.train_samples().unwrap().lengths(), None);
    }
    let few = text("ab".repeat(30).as_str()).next_character(64).unwrap();
    let error = few.clone().split(Split::seeded(0)).unwrap_err().to_string();
    assert!(
        error.starts_with("f.txt: 60 characters are too few for 3 parts with windows of 64: at least 193"),
        "{error}"
    );
    assert!(few.split(Split::none()).is_err());
    for window in [0, usize::MAX] {
        assert!(text("abab").next_character(window).unwrap_err().to_string().starts_with("window: "));
    }
    assert!(text("aaaa").next_character(2).unwrap().split(Split::none()).is_err());
    assert!(Table::builtin("iris").unwrap().next_character(2).is_err());
}

#[test]
fn entropies_are_those_computed_by_hand() {
    let letters = Vocabulary::new("abc".chars()).unwrap();
    let entropies = |table: &Table, window: usize| entropies(table, &letters, window);
    // After a comes b or c, evenly; after b and c always a. Predicted: b a c a b a c a.
    let (unigram, bigram) = entropies(&text("abacabaca-"), 8).unwrap();
    assert!((unigram - (0.5 * 2f64.ln() + 0.5 * 4f64.ln())).abs() < 1e-12, "{unigram}");
    assert!((bigram - 0.5 * 2f64.ln()).abs() < 1e-12, "{bigram}");
    assert_eq!(entropies(&text("aaaa"), 3).unwrap(), (0.0, 0.0));
    let (unigram, bigram) = entropies(&text("abcabcabc"), 1).unwrap();
    assert!(unigram > 1.0 && bigram.abs() < 1e-12);
    // What the model does not know is one character to it: x, y and z here, and digits alone are a text, too.
    assert_eq!(entropies(&text("axayazaxay"), 9).unwrap(), entropies(&text("abababababa"), 9).unwrap());
    assert_eq!(entropies(&text("1234512345"), 9).unwrap(), (0.0, 0.0));
    assert_eq!(unknown_share(&text("abcabcxyab"), &letters).unwrap(), 0.2);
}

#[test]
fn hostile_descriptions_are_refused() {
    let json = |window: &str, more: &str, target: &str| {
        let json =
            format!(r#"{{"inputs":[{{"type":"text","window":{window},"characters":"ab"}}{more}],"target":{target}}}"#);
        serde_json::from_str::<Encoder>(&json)
    };
    let next = r#"{"type":"next_character"}"#;
    assert!(json("64", "", next).is_ok());
    assert!(json("0", "", next).is_err());
    assert!(json("18446744073709551615", "", next).is_err());
    assert!(json("64", r#",{"type":"number","name":"x"}"#, next).is_err());
    assert!(json("64", "", r#"{"type":"number","name":"x"}"#).is_err());
    let number = r#"{"inputs":[{"type":"number","name":"x"}],"target":{"type":"next_character"}}"#;
    assert!(serde_json::from_str::<Encoder>(number).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(known in ".{0,80}", new in ".{0,80}", window in 1usize..12) {
        let Ok(table) = Table::from_text(known.as_bytes(), "f.txt") else { return Ok(()) };
        for split in [Split::none(), Split::seeded(0)] {
            let Ok(data) = table.clone().next_character(window).and_then(|labelled| labelled.split(split)) else { continue };
            prop_assert_eq!(data.train_samples().unwrap().shape(), data.input());
            prop_assert!(data.encoder().baseline(data.train()).is_ok());
            if let Ok(new) = Table::from_text(new.as_bytes(), "g.txt") {
                let (values, rows) = data.encoder().encode_inputs(&new).unwrap();
                prop_assert_eq!(values.len(), rows * window);
                prop_assert_eq!(data.encoder().encode(&new).is_ok(), new.rows() > window);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(table) = Table::from_text(bytes.as_slice(), "f.txt") {
            prop_assert!(!back(&table).contains('\r'));
        }
    }
}

use crate::data::{Column, Table, Values};
use proptest::prelude::*;

fn read(bytes: impl AsRef<[u8]>) -> crate::Result<Table> {
    Table::from_reader(bytes.as_ref(), "f.csv")
}

fn message(bytes: impl AsRef<[u8]>) -> String {
    read(bytes).unwrap_err().to_string()
}

fn words(table: &Table, name: &str) -> Vec<String> {
    (0..table.rows()).map(|row| table.column(name).unwrap().cell(row)).collect()
}

#[test]
fn a_plain_file() {
    let table = read("a,b\n1,x\n2.5,y").unwrap();
    assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(table.column("a").unwrap().values(), &Values::Numbers(vec![1.0, 2.5]));
    assert_eq!(words(&table, "b"), ["x", "y"]);
    assert_eq!((table.line(0), table.line(1)), (Some(2), Some(3)));
}

#[test]
fn quotes_hold_delimiters_quotes_line_breaks_and_spaces() {
    let table = read("\"a, b\",c\r\n\"x\ny\",\" \"\"q\"\" \"\r\n u , v\r\n").unwrap();
    assert_eq!(words(&table, "a, b"), ["x\ny", "u"]);
    assert_eq!(words(&table, "c"), [" \"q\" ", "v"]);
}

#[test]
fn lines_are_those_of_the_file() {
    // Blank lines, line breaks in quotes, and the three ways to end a line.
    for end in ["\n", "\r\n", "\r"] {
        let text = ["", "a,b", "", "1,\"x", "y\"", "", "", "2,z", "3,\"u", "", "v\"", "4,w", ""].join(end);
        let table = read(&text).unwrap();
        let lines: Vec<u64> = (0..table.rows()).filter_map(|row| table.line(row)).collect();
        assert_eq!(lines, [4, 8, 9, 12], "{end:?}");
        assert_eq!(words(&table, "b"), [format!("x{end}y"), "z".into(), format!("u{end}{end}v"), "w".into()]);
    }
}

#[test]
fn a_quote_never_closed_is_reported_where_it_opened() {
    assert!(message("a,b\n1,2\n3,\"x\n4,5\n6,7\n").starts_with("f.csv:3: a quote opens here and is never closed"));
    // The next quote looks like the closing one, until text follows it.
    let text = "a,b\n1,\"x\n4,\"y\"\n6,7\n";
    assert!(
        message(text).starts_with("f.csv:2: a quote opens here and closes on line 3, but text follows"),
        "{}",
        message(text)
    );
}

#[test]
fn ragged_rows_name_their_line_and_both_counts() {
    let text = message("a,b\n1,2\n\"3\n\",4,5\n");
    assert!(text.starts_with("f.csv:3: this row has 3 cells, but the header has 2"), "{text}");
    assert!(message("a,b\n1,2\n3\n").starts_with("f.csv:3: this row has 1 cell, but the header has 2"));
}

#[test]
fn headers_are_checked() {
    for (text, start) in [
        ("", "f.csv: the file is empty"),
        ("\u{feff}", "f.csv: the file is empty"),
        ("\n\r\n", "f.csv: the file holds nothing but blank lines"),
        ("a,b\n", "f.csv: the file has a header but no rows"),
        ("a,b,a\n1,2,3\n", "f.csv:1: the name \"a\" is in the header twice"),
        ("\na,,c\n1,2,3\n", "f.csv:2: the name of column 2 is empty"),
        ("5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n", "f.csv:1: the header holds numbers, not names"),
    ] {
        assert!(message(text).starts_with(start), "{text:?}: {}", message(text));
    }
}

#[test]
fn byte_order_marks_and_utf_16() {
    let text = "naïve,b\n1,\"日本\"\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    for bytes in [
        text.as_bytes().to_vec(),
        marked(b"\xef\xbb\xbf", text.as_bytes().to_vec()),
        marked(b"\xff\xfe", utf16(u16::to_le_bytes)),
        marked(b"\xfe\xff", utf16(u16::to_be_bytes)),
    ] {
        let table = read(&bytes).unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["naïve", "b"]);
        assert_eq!(words(&table, "b"), ["日本"]);
    }
    // Half a surrogate pair.
    assert!(message(b"\xff\xfea\x00\n\x00\x00\xd8\n\x00").contains("not valid UTF-16"));
    // Longer than any buffer on the way, and cut in the middle of a letter by a reader that gives little at a time.
    let rows = 50_000;
    let long: String =
        std::iter::once("ab,c\n".to_owned()).chain((0..rows).map(|row| format!("ä{},x\n", row % 7))).collect();
    let bytes = marked(b"\xff\xfe", long.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let table = Table::from_reader(Trickle(&bytes), "f.csv").unwrap();
    assert_eq!((table.rows(), table.column("ab").unwrap().cell(rows - 1)), (rows, format!("ä{}", (rows - 1) % 7)));
}

/// Gives three bytes at a time, and an interruption between.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(3).min(self.0.len());
        let (head, rest) = self.0.split_at(count);
        buffer[..count].copy_from_slice(head);
        self.0 = rest;
        Ok(count)
    }
}

#[test]
fn what_is_no_text_is_told() {
    assert!(message(b"a,b\n1,2\n3,\xff\n").starts_with("f.csv:3: cell 2 of this row is not valid UTF-8"));
    assert!(message(b"a,b\n1,\x002\n").contains("not a text file"));
    assert!(message(b"\x1f\x8b\x08\x00").contains("compressed with gzip"));
}

#[test]
fn a_text_cell_deep_in_a_numeric_column() {
    let mut text = String::from("x,y\n");
    for line in 2..=100_000 {
        text.push_str(if line == 90_001 { "oops,1\n" } else { "1.5,2\n" });
    }
    let table = read(&text).unwrap();
    let error = table.column("x").unwrap_err().to_string();
    assert!(error.starts_with("f.csv:90001: column \"x\": \"oops\" is not a number"), "{error}");
    // Who does not ask for it is not troubled.
    assert!(table.column("y").is_ok());
}

#[test]
fn delimiters_are_found() {
    for delimiter in [",", ";", "\t", "|"] {
        let table = read(
            ["a,b", "1,x", "2,\"p,q;r\ts|t\""]
                .join("\n")
                .replace("a,b", &format!("a{delimiter}b"))
                .replace("1,x", &format!("1{delimiter}x"))
                .replace("2,\"", &format!("2{delimiter}\"")),
        )
        .unwrap();
        assert_eq!(words(&table, "b"), ["x", "p,q;r\ts|t"], "{delimiter:?}");
    }
    assert_eq!(read("one\n1\n2\n").unwrap().columns().len(), 1);
}

#[test]
fn a_decimal_comma_is_explained() {
    let table = read("a;b\n5,1;x\n2,5;y\n").unwrap();
    let error = table.column("a").unwrap_err().to_string();
    assert!(error.starts_with("f.csv:2: column \"a\": \"5,1\" has a decimal comma; write 5.1"), "{error}");
}

/// Cells of all kinds, with the characters that CSV cares about far more often than chance would have them.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-h]{1,4}", // without "nan" and "inf"
        "[,;|\t\"\r\n a-c\u{feff}]{0,6}".prop_map(|cell| format!("w{cell}")),
        "[,;|\t\"\r\n ]{0,3}[a-c\u{feff}][,;|\t\"\r\n ]{0,3}",
        "\\PC{0,4}".prop_map(|cell| format!("{cell}w")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(
        columns in (1..4usize).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12)),
        numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 12),
    ) {
        let rows = columns.len();
        let mut made = vec![Column::numbers("n", numbers[..rows].to_vec())];
        for index in 0..columns[0].len() {
            made.push(Column::text(format!("t\"{index},"), columns.iter().map(|row| row[index].clone())));
        }
        let table = Table::new("f.csv", made).unwrap();
        let mut bytes = Vec::new();
        table.write_csv(&mut bytes).unwrap();
        let back = read(&bytes).unwrap();
        prop_assert_eq!(back.rows(), rows);
        for column in table.columns() {
            let back = back.column(column.name()).unwrap();
            match column.values() {
                Values::Text(_) => prop_assert_eq!(back.values(), column.values()),
                // Small whole numbers come back as bytes.
                _ => prop_assert!((0..rows).all(|row| back.number(row) == column.number(row))),
            }
        }
    }

    /// Records and cells are those of the `csv` crate, on every text that has nothing to complain about.
    #[test]
    fn the_csv_crate_agrees(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 1..8),
        end in prop_oneof![Just(::csv::Terminator::CRLF), Just(::csv::Terminator::Any(b'\n'))],
        always in any::<bool>(),
    ) {
        let style = if always { ::csv::QuoteStyle::Always } else { ::csv::QuoteStyle::Necessary };
        let mut writer = ::csv::WriterBuilder::new().terminator(end).quote_style(style).from_writer(Vec::new());
        writer.write_record(["first", "second", "third"]).unwrap();
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        let bytes = writer.into_inner().unwrap();
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        let mut records = super::Records::new(bytes.as_slice(), b',', "f.csv");
        let mut record = super::Record::default();
        records.next(&mut record).unwrap();
        for theirs in reader.records() {
            prop_assert!(records.next(&mut record).unwrap());
            let theirs = theirs.unwrap();
            prop_assert_eq!(record.len(), theirs.len());
            for (index, cell) in theirs.iter().enumerate() {
                // Ours leaves out the spaces around a cell without quotes.
                prop_assert_eq!(record.cell(index).unwrap().trim_matches([' ', '\t']), cell.trim_matches([' ', '\t']));
            }
        }
        prop_assert!(!records.next(&mut record).unwrap());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(bytes);
    }

    #[test]
    fn no_text_makes_it_panic(text in "([a-b1-2.,;|\t\"\r\n -]|nan|1e999|é|\u{feff}){0,80}") {
        if let Ok(table) = read(&text) {
            prop_assert!(table.rows() > 0);
            prop_assert!(table.columns().iter().all(|column| column.len().is_none_or(|len| len == table.rows())));
            let lines: Vec<u64> = (0..table.rows()).filter_map(|row| table.line(row)).collect();
            prop_assert!(lines.is_sorted() && lines.first() > Some(&1) || text.starts_with(['\n', '\r']));
        }
    }
}

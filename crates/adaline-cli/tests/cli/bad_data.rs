//! Files of data that are not what they should be: exit code 3 with the line, 1 where the file cannot be read.

use crate::support::Folder;
use std::fmt::Write;

#[test]
fn mistakes_in_a_file_of_data() {
    let folder = Folder::new();
    folder.write("empty.csv", "");
    folder.write("header.csv", "a,b,kind\n");
    folder.write("ragged.csv", "a,b,kind\n1,2,x\n1,2\n3,4,y\n");
    folder.write("quote.csv", "a,b,kind\n1,2,x\n3,\"4,y\n5,6,x\n");
    folder.write("nan.csv", "a,b,kind\n1,2,x\n3,NaN,y\n5,6,x\n");
    folder.write("infinite.csv", "a,b,kind\n1,2,x\n3,inf,y\n5,6,x\n");
    folder.write("large.csv", "a,b,kind\n1,2,x\n3,1e999,y\n5,6,x\n");
    folder.write("cell.csv", "a,b,kind\n1,2,x\n3,,y\n5,6,x\n");
    folder.write("three.csv", "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n");
    folder.write("twice.csv", "a,a,kind\n1,2,x\n3,4,y\n");
    folder.write("one.csv", format!("a,b,kind\n{}", "1,2,x\n".repeat(20)));
    folder.write("escape.csv", "a,b,ki\u{1b}[2Jnd\n1,2,x\n1,2,x\n");
    folder.write("bytes.csv", [0u8, 159, 146, 150, 255, 254, 0, 0, 7]);
    let lines = [
        "train empty.csv --target kind",
        "train header.csv --target kind",
        "train ragged.csv --target kind",
        "train quote.csv --target kind",
        "train nan.csv --target kind",
        "train infinite.csv --target kind",
        "train large.csv --target kind",
        "train cell.csv --target kind",
        "train three.csv --target kind",
        "train twice.csv --target kind",
        "train one.csv --target kind",
        "train bytes.csv --target kind",
    ];
    let errors: Vec<String> = lines.iter().map(|line| folder.bad(line, 3)).collect();
    insta::assert_snapshot!(errors.join("\n"));
    // Escapes in names do not reach the terminal; `bad` checks it.
    folder.bad("train escape.csv --target kind", 2);
}

#[test]
fn two_rows_are_too_few_to_split() {
    let folder = Folder::new();
    folder.write("two.csv", "a,b,kind\n1,2,x\n3,4,y\n");
    let ran = folder.run("train two.csv --target kind");
    assert!([2, 3].contains(&ran.code), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr);
    folder.good("train two.csv --target kind --test-split 0 --validation-split 0 --epochs 2");
}

#[test]
fn a_word_in_a_column_of_numbers_far_down() {
    let folder = Folder::new();
    let mut csv = "a,b,kind\n".to_owned();
    for line in 2..100_000 {
        let a = if line == 90_001 { "hello".to_owned() } else { line.to_string() };
        writeln!(csv, "{a},{},{}", line % 7, if line % 2 == 0 { "x" } else { "y" }).unwrap();
    }
    folder.write("far.csv", csv);
    insta::assert_snapshot!(folder.bad("train far.csv --target kind", 3));
}

#[test]
fn files_that_are_not_there() {
    let folder = Folder::with_model();
    let lines = [
        "train irsi",
        "train iris.cvs --target species",
        "train folder/flowers.csv --target species",
        "evaluate iris.safetensor iris",
        "predict nothing.safetensors iris",
        "predict iris.safetensors iirs.csv",
        "plot history nothing.safetensors",
    ];
    let errors: Vec<String> = lines.iter().map(|line| folder.bad(line, 1)).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_row_for_the_test_that_cannot_be_used_is_told_before_the_training() {
    let folder = Folder::new();
    let iris = folder.good("data iris");
    // Wherever the row comes to lie, for validation or for the test.
    let mut told = 0;
    for row in 1..=30 {
        let lines: Vec<String> = iris.lines().map(str::to_owned).collect();
        let (_, rest) = lines[row].split_once(',').unwrap();
        let mut lines = lines.clone();
        lines[row] = format!("1e150,{rest}");
        folder.write("huge.csv", lines.join("\n"));
        let ran = folder.run("train huge.csv --target species --epochs 1 -o x.safetensors --force");
        if ran.code == 0 {
            // Among the training rows it is an outlier like any other.
            std::fs::remove_file(folder.path("x.safetensors")).unwrap();
            std::fs::remove_file(folder.path("x.history.svg")).unwrap();
            continue;
        }
        told += 1;
        assert_eq!(ran.code, 3);
        assert!(ran.stderr.contains(&format!("huge.csv:{}: column", row + 1)), "{}", ran.stderr);
        assert!(ran.stderr.contains(" 1e150 is too large: scaled as in training"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("epoch "), "{}", ran.stderr);
        assert_eq!(folder.files(), ["huge.csv"]);
    }
    assert!(told > 2, "{told}");
}

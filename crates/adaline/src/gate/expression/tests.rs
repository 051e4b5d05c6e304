use super::*;
use proptest::prelude::*;

fn truth(text: &str) -> String {
    Expression::parse(text).unwrap().function().unwrap().table().to_string()
}

fn message(text: &str) -> String {
    Expression::parse(text).unwrap_err().to_string()
}

#[test]
fn every_operator_by_word_and_by_symbol() {
    for (spellings, column) in [
        (&["a and b", "a & b", "a&&b", "a*b", "a·b", "a ∧ b", "A AND b"][..], "0001"),
        (&["a nand b", "a ⊼ b", "not (a and b)"], "1110"),
        (&["a or b", "a | b", "a||b", "a+b", "a ∨ b", "a Or b"], "0111"),
        (&["a nor b", "a ⊽ b", "!(a or b)", "~(a or b)", "¬(a or b)"], "1000"),
        (&["a xor b", "a ^ b", "a ⊕ b", "a != b"], "0110"),
        (&["a xnor b", "a == b", "a iff b", "a <-> b", "a <=> b", "a ↔ b", "a ⇔ b"], "1001"),
        (&["a implies b", "a -> b", "a=>b", "a → b", "a ⇒ b"], "1101"),
    ] {
        for text in spellings {
            assert_eq!(truth(text), column, "{text}");
        }
    }
    assert_eq!(truth("not a"), "10");
    assert_eq!(truth("not not a"), "01");
}

#[test]
fn operators_bind_as_documented() {
    for (loose, strict) in [
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("a xor b and c", "a xor (b and c)"),
        ("a or b xor c", "a or (b xor c)"),
        ("a implies b or c", "a implies (b or c)"),
        ("a iff b implies c", "a iff (b implies c)"),
        ("a and b -> c", "(a and b) -> c"),
        ("a -> b -> c", "a -> (b -> c)"),
        ("a nand b nand c", "(a nand b) nand c"),
        ("a and b nand c", "(a and b) nand c"),
        ("a nor b nor c", "(a nor b) nor c"),
    ] {
        assert_eq!(truth(loose), truth(strict), "{loose}");
    }
    assert_ne!(truth("a -> b -> c"), truth("(a -> b) -> c"));
    assert_ne!(truth("a nand b nand c"), truth("a nand (b nand c)"));
}

#[test]
fn names_stand_in_the_order_of_their_appearance() {
    let expression = Expression::parse("(문 and not Tür) or _x1 or é or e\u{301}").unwrap();
    assert_eq!(expression.names(), ["문", "Tür", "_x1", "é", "e\u{301}"]);
    assert_eq!(Expression::parse("b and a and B").unwrap().names(), ["b", "a", "B"]);
    assert_eq!(truth("(a and not b) or c"), "01011101");
    assert_eq!(truth("a and 1 or false"), "01");
    assert_eq!(truth("a or TRUE"), "11");
}

#[test]
fn sixteen_inputs_are_read_and_seventeen_are_not() {
    let names: Vec<String> = (1..=16).map(|i| format!("x{i}")).collect();
    let table = Expression::parse(&names.join(" xor ")).unwrap().function().unwrap();
    assert_eq!(table.table().outputs().len(), 1 << 16);
    for (row, output) in table.table().outputs().iter().enumerate() {
        assert_eq!(*output, row.count_ones() % 2 == 1);
    }
    let text = format!("{} xor y", names.join(" xor "));
    let expected = format!("\"y\" is one input too many; at most 16\n  {text}\n  {:1$}^", "", text.len() - 1);
    assert_eq!(message(&text), expected);
}

#[test]
fn every_mistake_points_at_its_place() {
    let mistakes = [
        "",
        "   ",
        "a and",
        "a and (b or",
        "a and (b or c",
        "a b",
        "a andd b",
        "and a",
        "a or or b",
        "a)",
        "()",
        "(a b)",
        "a and 2",
        "1x or y",
        "a = b",
        "a - b",
        "a' and b",
        "a, b",
        "[a]",
        "a # b",
        "한글 and",
        "not",
        "a\u{1b}[2J b",
        "(a or b) c",
    ];
    let report: Vec<String> = mistakes.iter().map(|text| message(text)).collect();
    insta::assert_snapshot!(report.join("\n\n"));
}

#[test]
fn long_and_deep_texts_are_refused_or_read_but_never_overflow() {
    assert!(message(&"(".repeat(5000)).contains("more than 100 levels"));
    assert!(message(&"a->".repeat(4000)).contains("more than 100 levels"));
    assert!(message(&"a".repeat(20_000)).contains("at most 16384 are read"));
    assert_eq!(truth(&format!("{}a", "!".repeat(10_001))), "10");
    assert_eq!(truth(&format!("{}a", "a xor ".repeat(2000))), "01");
    assert_eq!(truth(&format!("{}a{}", "(".repeat(99), ")".repeat(99))), "01");
}

#[test]
fn constants_alone_are_no_function() {
    let expression = Expression::parse("1 or 0").unwrap();
    assert!(expression.evaluate(&[]).unwrap());
    let message = expression.function().unwrap_err().to_string();
    assert!(message.starts_with("the expression names no input"), "{message}");
    assert!(Expression::parse("a").unwrap().evaluate(&[]).is_err());
}

/// A random expression as a tree, with every pair of parentheses written, and its value worked out on the tree.
#[derive(Debug, Clone)]
enum Tree {
    Name(usize),
    Not(Box<Tree>),
    Pair(Box<Tree>, usize, Box<Tree>),
}

const WORDS: [&str; 8] = ["and", "nand", "or", "nor", "xor", "xnor", "implies", "iff"];

impl Tree {
    fn text(&self) -> String {
        match self {
            Tree::Name(n) => format!("x{n}"),
            Tree::Not(a) => format!("not ({})", a.text()),
            Tree::Pair(a, word, b) => format!("({}) {} ({})", a.text(), WORDS[*word], b.text()),
        }
    }

    fn value(&self, x: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Tree::Name(n) => x(*n),
            Tree::Not(a) => !a.value(x),
            Tree::Pair(a, word, b) => {
                let (a, b) = (a.value(x), b.value(x));
                match WORDS[*word] {
                    "and" => a && b,
                    "nand" => !(a && b),
                    "or" => a || b,
                    "nor" => !(a || b),
                    "xor" => a != b,
                    "xnor" | "iff" => a == b,
                    _ => !a || b,
                }
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..8usize).prop_map(Tree::Name);
    leaf.prop_recursive(6, 40, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Tree::Not(Box::new(a))),
            (inner.clone(), 0..8usize, inner).prop_map(|(a, w, b)| Tree::Pair(Box::new(a), w, Box::new(b))),
        ]
    })
}

proptest! {
    #[test]
    fn a_random_expression_means_what_its_tree_means(tree in tree()) {
        let expression = Expression::parse(&tree.text()).unwrap();
        let function = expression.function().unwrap();
        for row in function.table().rows() {
            let input: Vec<bool> = row.input.iter().map(|x| *x == 1).collect();
            let named = |n: usize| {
                let name = format!("x{n}");
                expression.names().iter().position(|known| *known == name).is_some_and(|at| input[at])
            };
            prop_assert_eq!(row.output == 1, tree.value(&named));
            prop_assert_eq!(row.output == 1, expression.evaluate(&input).unwrap());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "[a-c 01()&|!^<=>→and or-]{0,40}") {
        let _ = Expression::parse(&text).and_then(|expression| expression.function());
    }
}

//! The same seed gives the same bits.

use crate::support::Folder;

#[test]
fn threads_do_not_change_the_weights() {
    let folder = Folder::new();
    // A large layer and large batches, so that the work is really shared out.
    let lines = [
        "train iris --epochs 30",
        "train digits --epochs 2 --net 'dense 256 relu, dropout 0.2, dense 10' --batch-size 256",
    ];
    for line in lines {
        let hash = |threads: &str| {
            folder.json(&format!("{line} --seed 5 --threads {threads} --json -q"))["weights_sha256"].clone()
        };
        let one = hash("1");
        for threads in ["2", "3", "8"] {
            assert_eq!(hash(threads), one, "{line} with {threads} threads");
        }
    }
}

#[test]
fn the_seed_decides() {
    let folder = Folder::new();
    let hash =
        |seed: u32| folder.json(&format!("train moons --epochs 3 --seed {seed} --json -q"))["weights_sha256"].clone();
    assert_eq!(hash(1), hash(1));
    assert_ne!(hash(1), hash(2));
}

#[test]
fn checkpoints_on_the_way_change_nothing() {
    let folder = Folder::new();
    let hash =
        |flags: &str| folder.json(&format!("train iris --epochs 23 --json -q {flags}"))["weights_sha256"].clone();
    assert_eq!(hash(""), hash("--checkpoint-every 5 -o parts.safetensors"));
    assert!(folder.exists("parts.checkpoint.safetensors"));
    // From the last checkpoint, after epoch 20, to the end.
    let again = folder.json("train iris --resume parts.checkpoint.safetensors -o again.safetensors --json -q");
    assert_eq!(again["weights_sha256"], hash(""));
}

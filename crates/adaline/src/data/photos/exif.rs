//! The one thing that is read from EXIF: how the camera was held.

/// The tag of the orientation.
const ORIENTATION: u16 = 0x0112;

/// The orientation, 1 to 8, that a block of EXIF data names, which is a TIFF file: byte order, the place of the first
/// directory, and there an entry of twelve bytes for each tag. 1, upright, where it names none.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    find(exif).filter(|orientation| (1..=8).contains(orientation)).unwrap_or(1)
}

fn find(exif: &[u8]) -> Option<u8> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*exif.get(at)?, *exif.get(at.checked_add(1)?)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let halves = [u32::from(short(at)?), u32::from(short(at + 2)?)];
        Some(if little { halves[1] << 16 | halves[0] } else { halves[0] << 16 | halves[1] })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    for entry in 0..entries {
        let at = directory.checked_add(2 + entry * 12)?;
        if short(at)? == ORIENTATION {
            // A value of two bytes stands in the entry itself.
            return u8::try_from(short(at.checked_add(8)?)?).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of two entries, the second one the orientation.
    fn exif(order: &[u8; 2], orientation: u16) -> Vec<u8> {
        let little = order == b"II";
        let short = |x: u16| if little { x.to_le_bytes() } else { x.to_be_bytes() };
        let long = |x: u32| if little { x.to_le_bytes() } else { x.to_be_bytes() };
        let mut bytes = order.to_vec();
        bytes.extend(short(42));
        bytes.extend(long(8));
        bytes.extend(short(2));
        for (tag, value) in [(0x0100, 7), (ORIENTATION, orientation)] {
            bytes.extend(short(tag));
            bytes.extend(short(3));
            bytes.extend(long(1));
            bytes.extend(short(value));
            bytes.extend(short(0));
        }
        bytes
    }

    #[test]
    fn both_byte_orders() {
        for order in [b"II", b"MM"] {
            assert_eq!(orientation(&exif(order, 6)), 6);
            assert_eq!(orientation(&exif(order, 9)), 1);
            assert_eq!(orientation(&exif(order, 0x0106)), 1);
        }
    }

    #[test]
    fn what_is_cut_off_or_nonsense_is_upright() {
        let good = exif(b"II", 6);
        assert!((0..good.len() - 2).all(|end| orientation(&good[..end]) == 1));
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
        assert_eq!(orientation(b"PNG?"), 1);
    }
}

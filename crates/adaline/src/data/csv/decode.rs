//! Encodings: a byte order mark of UTF-8 is passed over, and UTF-16 with one becomes UTF-8 while it is read.

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};
use std::io::{self, BufReader, Read};

/// The text of a file as UTF-8 (which is not checked here), without a byte order mark.
pub(in crate::data) fn utf8<'a>(mut reader: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::with_capacity(3);
    reader.by_ref().take(3).read_to_end(&mut head)?;
    let (encoding, mark) = match head.as_slice() {
        [0xef, 0xbb, 0xbf] => (None, 3),
        [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
        [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
        _ => (None, 0),
    };
    let rest = io::Cursor::new(head.split_off(mark)).chain(reader);
    Ok(match encoding {
        None => Box::new(rest),
        Some(encoding) => Box::new(Utf16 {
            reader: BufReader::new(rest),
            decoder: encoding.new_decoder_without_bom_handling(),
            out: Vec::new(),
            given: 0,
            ended: false,
        }),
    })
}

/// Turns UTF-16 into UTF-8 piece by piece.
struct Utf16<R> {
    reader: BufReader<R>,
    decoder: Decoder,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use std::io::BufRead;
        while self.given == self.out.len() && !self.ended {
            let chunk = self.reader.fill_buf()?;
            self.ended = chunk.is_empty();
            let room = self.decoder.max_utf8_buffer_length_without_replacement(chunk.len());
            self.out.resize(room.unwrap_or(0), 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(chunk, &mut self.out, self.ended);
            self.out.truncate(written);
            self.given = 0;
            self.reader.consume(read);
            if !matches!(result, DecoderResult::InputEmpty) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "this is not valid UTF-16, as its byte order mark says it is; save the file as UTF-8",
                ));
            }
        }
        let count = buffer.len().min(self.out.len() - self.given);
        buffer[..count].copy_from_slice(&self.out[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

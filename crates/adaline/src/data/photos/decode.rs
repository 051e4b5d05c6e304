//! A PNG or JPEG file as a picture.
//!
//! What a file claims is held against limits before memory is taken. Transparent pixels lie on white. Of 16 bits the upper
//! eight are taken; colour profiles and gamma are not looked at; CMYK becomes RGB.

use super::{broken, exif};
use crate::data::picture::Picture;
use crate::{Error, Result};
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The most bytes of one file.
const MOST_BYTES: u64 = 256 << 20;

/// The most pixels of one image: a hundred million are 400 MB while they are decoded.
const MOST_PIXELS: usize = 100_000_000;

/// What a PNG decoder may take for itself, beside the pixels.
const PNG_MEMORY: usize = 64 << 20;

/// The formats that are read, told by a file's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Png,
    Jpeg,
}

impl Format {
    pub(super) fn of(bytes: &[u8]) -> Option<Format> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Format::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Format::Jpeg)
        } else {
            None
        }
    }
}

/// The image of a file, upright.
pub(super) fn read(path: &Path) -> Result<Picture> {
    picture(&contents(path)?).map_err(|message| broken(path, message))
}

/// Height and width of a file's image, upright, from its header alone.
pub(super) fn size(path: &Path) -> Result<(usize, usize)> {
    header(&contents(path)?).map_err(|message| broken(path, message))
}

/// The image that some bytes are; or what is wrong with them.
pub(super) fn picture(bytes: &[u8]) -> Result<Picture, String> {
    match format(bytes)? {
        Format::Png => png_picture(bytes),
        Format::Jpeg => jpeg_picture(bytes),
    }
}

fn header(bytes: &[u8]) -> Result<(usize, usize), String> {
    let Header { height, width, orientation } = match format(bytes)? {
        Format::Png => png_reader(bytes)?.1,
        Format::Jpeg => jpeg_decoder(bytes)?.1,
    };
    Ok(if orientation >= 5 { (width, height) } else { (height, width) })
}

/// The decoders, over bytes in memory.
type PngReader<'a> = png::Reader<Cursor<&'a [u8]>>;
type JpegReader<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

/// What a header says.
struct Header {
    height: usize,
    width: usize,
    orientation: u8,
}

fn contents(path: &Path) -> Result<Vec<u8>> {
    let trouble = |error| Error::io("read", path, error);
    // What is no regular file may never end, or wait for ever.
    let metadata = path.metadata().map_err(trouble)?;
    if !metadata.is_file() {
        return Err(broken(path, "this is no regular file"));
    }
    if metadata.len() > MOST_BYTES {
        return Err(broken(
            path,
            format!("{} bytes are too many for an image; at most {MOST_BYTES} are read", metadata.len()),
        ));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(trouble)?.take(MOST_BYTES).read_to_end(&mut bytes).map_err(trouble)?;
    Ok(bytes)
}

fn format(bytes: &[u8]) -> Result<Format, String> {
    Format::of(bytes).ok_or_else(|| {
        let looks = match bytes {
            [] => "the file is empty",
            [b'G', b'I', b'F', b'8', ..] => "it is a GIF",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "it is a WebP",
            [b'B', b'M', ..] => "it is a BMP",
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => "it is a TIFF",
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => "it is a HEIC, AVIF or a film",
            _ => "its first bytes are those of neither",
        };
        format!("this is no PNG or JPEG: {looks}; convert it, or remove it")
    })
}

/// An error where an image is empty or larger than any photo.
fn check(height: usize, width: usize) -> Result<(), String> {
    if height == 0 || width == 0 {
        return Err(format!("an image of {height}x{width} pixels is none"));
    }
    if height.saturating_mul(width) > MOST_PIXELS {
        return Err(format!("{height}x{width} pixels are too many; at most {MOST_PIXELS} are read: make it smaller"));
    }
    Ok(())
}

/// Memory for a decoder's output.
fn buffer(len: Option<usize>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let len = len.filter(|&len| len <= 4 * MOST_PIXELS && bytes.try_reserve_exact(len).is_ok());
    bytes.resize(len.ok_or("there is no memory for so large an image")?, 0);
    Ok(bytes)
}

fn png_trouble(error: png::DecodingError) -> String {
    match error {
        png::DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the PNG is cut off; fetch it again, or remove it".to_owned()
        }
        error => format!("the PNG is damaged ({error}); fetch it again, or remove it"),
    }
}

fn png_reader(bytes: &[u8]) -> Result<(PngReader<'_>, Header), String> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: PNG_MEMORY });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let info = decoder.read_header_info().map_err(png_trouble)?;
    let (height, width) = (info.height as usize, info.width as usize);
    check(height, width)?;
    let reader = decoder.read_info().map_err(png_trouble)?;
    let info = reader.info();
    let orientation = info.exif_metadata.as_deref().map_or(1, exif::orientation);
    Ok((reader, Header { height, width, orientation }))
}

fn png_picture(bytes: &[u8]) -> Result<Picture, String> {
    let (mut reader, Header { height, width, orientation }) = png_reader(bytes)?;
    let mut pixels = buffer(reader.output_buffer_size())?;
    let frame = reader.next_frame(&mut pixels).map_err(png_trouble)?;
    pixels.truncate(frame.buffer_size());
    let (channels, bytes) = match reader.output_color_type().0 {
        png::ColorType::Grayscale => (1, pixels),
        png::ColorType::Rgb => (3, pixels),
        png::ColorType::GrayscaleAlpha => (1, on_white(&pixels, 1)),
        png::ColorType::Rgba => (3, on_white(&pixels, 3)),
        png::ColorType::Indexed => return Err("the PNG's palette could not be read".to_owned()),
    };
    // An animation's first picture may be smaller than the whole.
    if bytes.len() != channels * height * width {
        return Err("the PNG's first picture does not fill it; save it as a plain PNG".to_owned());
    }
    Ok(Picture { channels, height, width, bytes }.oriented(orientation))
}

/// Pixels whose last value says how little of a white ground is seen through them.
fn on_white(pixels: &[u8], channels: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixels.len() / (channels + 1) * channels);
    for pixel in pixels.chunks_exact(channels + 1) {
        let alpha = u32::from(pixel[channels]);
        let over = |value: &u8| ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        bytes.extend(pixel.iter().take(channels).map(over));
    }
    bytes
}

/// The decoder quotes some of its messages, with line breaks written out in them.
fn jpeg_trouble(error: impl std::fmt::Display) -> String {
    let error = error.to_string().replace("\\n", " ");
    let error = error.trim_matches(['"', ' ']).split_whitespace().collect::<Vec<_>>().join(" ");
    format!("the JPEG is damaged or of a rare kind ({error}); save it again, or remove it")
}

/// A decoder behind the header. It forgives nothing: a photo of which half is grey would teach a wrong thing.
fn jpeg_decoder(bytes: &[u8]) -> Result<(JpegReader<'_>, Header), String> {
    let limit = usize::from(u16::MAX);
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(limit).set_max_height(limit);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(jpeg_trouble)?;
    let (width, height) = decoder.dimensions().unwrap_or((0, 0));
    check(height, width)?;
    let orientation = decoder.exif().map_or(1, |exif| exif::orientation(exif));
    Ok((decoder, Header { height, width, orientation }))
}

fn jpeg_picture(bytes: &[u8]) -> Result<Picture, String> {
    let (mut decoder, Header { height, width, orientation }) = jpeg_decoder(bytes)?;
    // The decoder does not miss the end of the last rows.
    let last = |marker: u8| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    if last(0xd9) < last(0xda) {
        return Err("the JPEG is cut off; fetch it again, or remove it".to_owned());
    }
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (channels, colours) = if is_grey { (1, ColorSpace::Luma) } else { (3, ColorSpace::RGB) };
    let options = decoder.options().jpeg_set_out_colorspace(colours);
    decoder.set_options(options);
    let mut bytes = buffer(decoder.output_buffer_size())?;
    decoder.decode_into(&mut bytes).map_err(jpeg_trouble)?;
    if bytes.len() != channels * height * width {
        return Err(jpeg_trouble("its channels are of a kind that is not read"));
    }
    Ok(Picture { channels, height, width, bytes }.oriented(orientation))
}

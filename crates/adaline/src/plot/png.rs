//! A picture as PNG: resvg draws the SVG document with the fonts inside the library and no others, so that every
//! machine draws the same.

use super::font;
use crate::{Error, Result};
use resvg::{tiny_skia, usvg};
use std::sync::{Arc, LazyLock};

/// 64 million pixels are 256 MB while they are drawn.
const MOST_PIXELS: f64 = 64e6;

static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    for face in &font::FACES {
        fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::new(face.data)));
    }
    fonts.set_sans_serif_family(font::FIRST_FAMILY);
    Arc::new(fonts)
});

/// Reads an SVG document of ours.
pub(super) fn parse(svg: &str) -> Result<usvg::Tree> {
    let options =
        usvg::Options { fontdb: FONTS.clone(), font_family: font::FIRST_FAMILY.to_owned(), ..Default::default() };
    usvg::Tree::from_str(svg, &options).map_err(|e| Error::setting("picture", format!("cannot be drawn as PNG: {e}")))
}

/// Draws the document, `scale` pixels to one of its units.
pub(super) fn draw(svg: &str, scale: f64) -> Result<Vec<u8>> {
    let tree = parse(svg)?;
    let size = tree.size();
    let (width, height) = (f64::from(size.width()) * scale, f64::from(size.height()) * scale);
    let fits = scale.is_finite() && width >= 1.0 && height >= 1.0 && width * height <= MOST_PIXELS;
    let pixmap = fits.then(|| tiny_skia::Pixmap::new(width.round() as u32, height.round() as u32)).flatten();
    let Some(mut pixmap) = pixmap else {
        let most = (MOST_PIXELS / f64::from(size.width()) / f64::from(size.height())).sqrt();
        return Err(Error::setting(
            "scale",
            format!("{scale} makes no picture that can be drawn; choose above 0 and at most {most:.1}"),
        ));
    };
    let scale = scale as f32;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|e| Error::setting("picture", format!("cannot be encoded as PNG: {e}")))
}

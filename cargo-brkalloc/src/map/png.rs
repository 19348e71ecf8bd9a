//! A picture of four bits a pixel as PNG, without compression: a raster has less than 50 KB.
//!
//! The sixteen colors are shades of one blue, from transparent to opaque, so that the page's own
//! background shows through: light and dark need no two pictures.

use brkalloc_trace::crc32;

/// The blue of Okabe and Ito's palette, which the color-blind tell from its others.
const BLUE: [u8; 3] = [0, 114, 178];

/// Returns a picture; `shades` are rows of `width` values below 16.
pub(super) fn encode(width: usize, shades: &[u8]) -> Vec<u8> {
    let height = shades.len() / width.max(1);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    for side in [width, height] {
        header.extend(u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes());
    }
    // Four bits, by a palette.
    header.extend([4, 3, 0, 0, 0]);
    part(&mut file, *b"IHDR", &header);
    part(&mut file, *b"PLTE", &[BLUE; 16].concat());
    let alpha: Vec<u8> =
        (0..16).map(|shade| if shade == 0 { 0 } else { shade * 16 + 15 }).collect();
    part(&mut file, *b"tRNS", &alpha);
    let mut rows = Vec::new();
    for row in shades.chunks(width.max(1)) {
        // No filter.
        rows.push(0);
        rows.extend(row.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)));
    }
    part(&mut file, *b"IDAT", &stored(&rows));
    part(&mut file, *b"IEND", &[]);
    file
}

fn part(file: &mut Vec<u8>, name: [u8; 4], bytes: &[u8]) {
    file.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    let begin = file.len();
    file.extend(name);
    file.extend(bytes);
    let sum = crc32(&file[begin..]);
    file.extend(sum.to_be_bytes());
}

/// A zlib stream of stored parts.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut parts = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(part) = parts.next() {
        stream.push(u8::from(parts.peek().is_none()));
        let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(part);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_sides_and_its_rows() {
        let file = encode(3, &[1, 2, 3, 15, 0, 7]);
        assert_eq!(file[16..24], [0, 0, 0, 3, 0, 0, 0, 2]);
        let stored = [1, 6, 0, 0xf9, 0xff, 0, 0x12, 0x30, 0, 0xf0, 0x70];
        assert!(file.windows(stored.len()).any(|window| window == stored), "{file:x?}");
    }
}

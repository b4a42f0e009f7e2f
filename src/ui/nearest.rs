//! The nearest of the 256 colours that terminals number: a cube of six steps each way, and greys.

/// The steps of the cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// Channels further apart than this are a colour, which no grey stands for.
const NEARLY_GREY: u8 = 32;

/// The number of the colour nearest to this one. The first sixteen are never given: they look as their owner likes.
pub(super) fn nearest(red: u8, green: u8, blue: u8) -> u8 {
    let wanted = [red, green, blue];
    let steps = wanted.map(step);
    let cube = steps.map(|step| STEPS[usize::from(step)]);
    let in_cube = 16 + 36 * steps[0] + 6 * steps[1] + steps[2];
    let spread = red.max(green).max(blue) - red.min(green).min(blue);
    if spread > NEARLY_GREY {
        return in_cube;
    }
    let mean = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    // From 8 to 238 in steps of ten.
    let grey = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    if apart(wanted, [8 + 10 * grey; 3]) < apart(wanted, cube) { 232 + grey } else { in_cube }
}

/// The step of the cube nearest to a channel.
fn step(channel: u8) -> u8 {
    match channel {
        0..48 => 0,
        48..115 => 1,
        _ => (channel - 35) / 40,
    }
}

fn apart(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.into_iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What xterm shows for a number from 16 on.
    fn shown(number: u8) -> [u8; 3] {
        if number >= 232 {
            return [8 + 10 * (number - 232); 3];
        }
        let at = number - 16;
        [at / 36, at / 6 % 6, at % 6].map(|step| STEPS[usize::from(step)])
    }

    #[test]
    fn a_colour_of_the_table_stands_for_itself() {
        for number in 16..=255 {
            let [r, g, b] = shown(number);
            assert_eq!(shown(nearest(r, g, b)), [r, g, b], "{number}");
        }
    }

    #[test]
    fn no_number_of_the_same_kind_is_nearer() {
        for at in 0..4096_u16 {
            let wanted = [at >> 8, at >> 4 & 15, at & 15].map(|n| u8::try_from(n * 17).unwrap());
            let [r, g, b] = wanted;
            let given = nearest(r, g, b);
            let kind = if given < 232 { 16..=231 } else { 16..=255 };
            let best = kind.map(|number| apart(wanted, shown(number))).min().unwrap();
            assert_eq!(apart(wanted, shown(given)), best, "{wanted:?}");
        }
    }

    #[test]
    fn a_dark_colour_stays_a_colour() {
        // The ground of the cursor's row, and that of a selected one.
        assert_eq!(nearest(0x1f, 0x4b, 0x7a), 24);
        assert_eq!(nearest(0x3d, 0x3f, 0x73), 60);
        // The row while somebody types is nearly grey.
        assert_eq!(nearest(0x2c, 0x35, 0x40), 237);
    }
}

//! How a table fits into a terminal: headings wider than their column are broken, and what is still
//! too wide continues in a second table. No word is ever broken.

use super::grid::{Field, Grid};
use super::lines::short;
use console::measure_text_width;

/// Columns between two columns.
const GAP: usize = 2;
/// The most characters of a name or a value that names a row.
const NAME_MAX: usize = 60;

/// A table that fits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Lines broken at spaces and after dots.
    pub headings: Vec<String>,
    /// The columns of each part.
    pub parts: Vec<Vec<usize>>,
}

/// The table with names of acceptable length. Names that leave no room for figures get a separate
/// part, and rows have numbers.
pub(super) fn bearable(mut grid: Grid, width: usize) -> Grid {
    let names = grid.figures.start;
    for row in &mut grid.rows {
        for name in &mut row[..names] {
            name.text = short(&name.text, NAME_MAX);
        }
    }
    // Beside the names the first part has at least one figure and the verdict.
    let narrow: Vec<String> = grid.headings.iter().map(|heading| broken(heading, 0)).collect();
    let mut first = widths(&grid, &narrow);
    first.drain(names + 1..first.len() - 1);
    if names < 2 || across(&first) <= width {
        return grid;
    }
    grid.headings.insert(0, "#".to_owned());
    for (i, row) in grid.rows.iter_mut().enumerate() {
        row.insert(0, Field::plain((i + 1).to_string()));
    }
    grid.figures = grid.figures.start + 1..grid.figures.end + 1;
    grid.breaks.iter_mut().for_each(|column| *column += 1);
    grid
}

/// Fits a [`bearable`] table into this many columns.
pub(super) fn layout(grid: &Grid, width: usize) -> Layout {
    let mut headings = grid.headings.clone();
    // Breaks the widest headings first, as long as that helps.
    loop {
        let now = widths(grid, &headings);
        if across(&now) <= width {
            break;
        }
        let narrow = |i: usize| {
            let heading = broken(&grid.headings[i], cells(grid, i));
            (now[i] - measure(&heading).max(cells(grid, i)), i, heading)
        };
        let best = (0..headings.len()).map(narrow).max_by_key(|(gain, _, _)| *gain);
        let Some((1.., i, heading)) = best else { break };
        headings[i] = heading;
    }
    let parts = parts(grid, &widths(grid, &headings), width);
    Layout { headings, parts }
}

/// The columns of each part: those that name the row, the verdict in the first one, and as many
/// others as fit.
fn parts(grid: &Grid, widths: &[usize], width: usize) -> Vec<Vec<usize>> {
    if across(widths) <= width {
        return vec![(0..widths.len()).collect()];
    }
    let is_numbered = grid.headings[0] == "#";
    let pinned = if is_numbered { 1 } else { grid.figures.start };
    let end = widths.len();
    // Behind the figures stands the verdict, where there is one.
    let mut verdict = (!is_numbered && grid.figures.end < end).then(|| end - 1);
    let others = pinned..end - usize::from(verdict.is_some());
    let wide = |part: &[usize]| across(&part.iter().map(|i| widths[*i]).collect::<Vec<_>>());
    let mut parts = Vec::new();
    let mut part: Vec<usize> = (0..pinned).collect();
    for column in others {
        let fuller: Vec<usize> = part.iter().copied().chain([column]).chain(verdict).collect();
        // Names in a separate part stay together.
        let ends = is_numbered && column == grid.figures.start || grid.breaks.contains(&column);
        if part.len() > pinned && (ends || wide(&fuller) > width) {
            part.extend(verdict.take());
            parts.push(std::mem::replace(&mut part, (0..pinned).collect()));
        }
        part.push(column);
    }
    part.extend(verdict);
    parts.push(part);
    parts
}

/// A heading in as few lines as its longest piece, or its column, allows.
fn broken(heading: &str, cells: usize) -> String {
    let spaced = heading.replace(' ', " \0").replace('.', ".\0");
    let pieces: Vec<&str> = spaced.split('\0').collect();
    let longest = pieces.iter().map(|piece| measure(piece.trim_end())).max().unwrap_or(0);
    let room = longest.max(cells);
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if measure(line) + measure(piece.trim_end()) <= room => *line += piece,
            _ => lines.push(piece.to_owned()),
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// The width of the widest line.
fn measure(text: &str) -> usize {
    text.split('\n').map(measure_text_width).max().unwrap_or(0)
}

/// The width of a column without its heading.
fn cells(grid: &Grid, column: usize) -> usize {
    grid.rows.iter().map(|row| measure(&row[column].text)).max().unwrap_or(0)
}

fn widths(grid: &Grid, headings: &[String]) -> Vec<usize> {
    let wide = |(i, heading): (usize, &String)| measure(heading).max(cells(grid, i));
    headings.iter().enumerate().map(wide).collect()
}

fn across(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(headings: &[&str], row: &[&str], names: usize) -> Grid {
        Grid {
            headings: headings.iter().map(|text| (*text).to_owned()).collect(),
            rows: vec![row.iter().map(|text| Field::plain((*text).to_owned())).collect()],
            figures: names..headings.len() - 1,
            breaks: headings.iter().position(|it| *it == "unavail").into_iter().collect(),
        }
    }

    #[test]
    fn times_stand_together() {
        let headings = ["acks", "acked", "lost", "unavail", "p99 ms during", "verdict"];
        let grid = grid(&headings, &["all", "12345", "0", "12.3 s", "123", "inconclusive"], 1);
        assert_eq!(layout(&grid, 41).parts, [vec![0, 1, 2, 5], vec![0, 3, 4]]);
    }

    fn wide() -> Grid {
        grid(
            &["min.insync.replicas", "acks", "acked", "lost", "p99 ms before", "verdict"],
            &["1", "all", "82588", "0", "81.9", "inconclusive"],
            2,
        )
    }

    #[test]
    fn headings_are_broken_only_as_far_as_the_width_asks_for() {
        let headings = |width| layout(&wide(), width).headings;
        assert_eq!(headings(80), wide().headings);
        assert_eq!(headings(60)[0], "min.\ninsync.\nreplicas");
        assert_eq!(headings(60)[4], "p99 ms before");
        assert_eq!(headings(50)[4], "p99 ms\nbefore");
        for width in [50, 60, 80] {
            assert_eq!(layout(&wide(), width).parts, [[0, 1, 2, 3, 4, 5]], "{width}");
        }
    }

    #[test]
    fn what_does_not_fit_goes_on_below_with_the_verdict_in_the_first_part() {
        assert_eq!(layout(&wide(), 40).parts, [vec![0, 1, 2, 5], vec![0, 1, 3, 4]]);
        let narrow = layout(&wide(), 1).parts;
        assert!(narrow.iter().all(|part| part.starts_with(&[0, 1])), "{narrow:?}");
    }

    #[test]
    fn names_without_room_beside_them_have_a_part_of_their_own() {
        let long = "x".repeat(90);
        let names =
            bearable(grid(&["a.b", "c", "lost", "verdict"], &[&long, &long, "0", "pass"], 2), 80);
        assert_eq!((names.headings[0].as_str(), names.rows[0][0].text.as_str()), ("#", "1"));
        assert_eq!(names.rows[0][1].text.chars().count(), NAME_MAX);
        assert_eq!(layout(&names, 80).parts, [vec![0, 1], vec![0, 2], vec![0, 3, 4]]);
    }
}

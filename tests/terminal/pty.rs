//! A pseudo-terminal and its screen.

use nix::pty::{Winsize, openpty};
use parking_lot::Mutex;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many scrolled-out lines are kept.
const SCROLLBACK: usize = 10_000;

/// A terminal whose screen is read all the time.
pub struct Pty {
    slave: OwnedFd,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Pty {
    pub fn new(rows: u16, columns: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(Some(&size), None).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, SCROLLBACK)));
        let (mut master, shown) = (File::from(pair.master), Arc::clone(&screen));
        // Ends when nobody has the other side open any more.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = master.read(&mut bytes) {
                shown.lock().process(&bytes[..count]);
            }
        });
        Pty { slave: pair.slave, screen }
    }

    /// The side that programs write to.
    pub fn slave(&self) -> File {
        File::from(self.slave.try_clone().unwrap())
    }

    /// The rows in view, without trailing blanks and blank rows.
    pub fn rows(&self) -> Vec<String> {
        let screen = self.screen.lock();
        let columns = screen.screen().size().1;
        let mut rows: Vec<String> =
            screen.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// All rows, scrolled-out ones first.
    pub fn history(&self) -> Vec<String> {
        let mut screen = self.screen.lock();
        let columns = screen.screen().size().1;
        let mut rows: Vec<String> = Vec::new();
        screen.screen_mut().set_scrollback(usize::MAX);
        // The offset is limited to what there is.
        for offset in (1..=screen.screen().scrollback()).rev() {
            screen.screen_mut().set_scrollback(offset);
            rows.extend(screen.screen().rows(0, columns).next());
        }
        screen.screen_mut().set_scrollback(0);
        rows.extend(screen.screen().rows(0, columns));
        rows.iter().map(|row| row.trim_end().to_owned()).collect()
    }

    /// Whether anything in view has a color.
    pub fn is_colourful(&self) -> bool {
        let screen = self.screen.lock();
        let (rows, columns) = screen.screen().size();
        let mut cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        cells.any(|(row, column)| {
            let cell = screen.screen().cell(row, column);
            cell.is_some_and(|cell| cell.fgcolor() != vt100::Color::Default)
        })
    }

    /// Resizes the terminal, like a person at its window.
    pub fn resize(&self, rows: u16, columns: u16) {
        let mut screen = self.screen.lock();
        screen.screen_mut().set_size(rows, columns);
        let size = ["rows", &rows.to_string(), "cols", &columns.to_string()];
        let status = Command::new("stty").args(size).stdin(self.slave()).status().unwrap();
        assert!(status.success(), "stty: {status}");
    }

    /// Waits until the rows in view are as they should be, and returns them.
    pub fn wait_until(&self, within: Duration, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let deadline = Instant::now() + within;
        loop {
            let rows = self.rows();
            if is_so(&rows) {
                return rows;
            }
            assert!(Instant::now() < deadline, "not within {within:?}; the screen:\n{rows:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

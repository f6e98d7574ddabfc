//! A node that is not Kafka: it listens where its properties say and echoes.

use std::fs;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::Path;

/// Reads the properties and serves until it is killed.
pub fn serve(properties: &str) -> ! {
    let text = fs::read_to_string(properties).expect("the properties can be read");
    let value = |name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name} is missing")).replace('\\', "")
    };
    let data = value("log.dirs");
    let meta = fs::read_to_string(Path::new(&data).join("meta.properties"));
    assert!(
        meta.expect("the folder is formatted").contains(&format!("node.id={}", value("node.id")))
    );
    let mut starts = fs::File::options()
        .create(true)
        .append(true)
        .open(Path::new(&data).join("starts"))
        .expect("the data folder can be written to");
    writeln!(starts, "started").expect("the data folder can be written to");
    // Printed before it is true, so that whoever reaches the last listener finds it in the log.
    println!("ready");
    for listener in value("listeners").split(',') {
        let (_, address) = listener.split_once("://").expect("NAME://address:port");
        let listener = TcpListener::bind(address).expect("the node has this address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || io::copy(&mut &stream, &mut &stream));
            }
        });
    }
    loop {
        std::thread::park();
    }
}

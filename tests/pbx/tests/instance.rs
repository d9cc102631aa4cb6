//! Instances start, talk, stop, are killed and come back.

use private_pbx::Pbx;

#[test]
fn starts() {
    let t = std::time::Instant::now();
    let pbx = Pbx::builder().start().unwrap();
    println!("{:?}", t.elapsed());
    let t = std::time::Instant::now();
    println!("{}", pbx.cli("core show version").unwrap());
    println!("{:?}", t.elapsed());
    println!("{}", pbx.cli("pjsip show endpoints").unwrap());
    println!("{}", pbx.cli("core show hints").unwrap());
    println!("{}", pbx.cli("module show").unwrap());
    println!(
        "{}",
        pbx.log()
            .lines()
            .filter(|l| l.contains("WARN") || l.contains("ERROR"))
            .collect::<Vec<_>>()
            .join("\n")
    );
    let t = std::time::Instant::now();
    pbx.stop().unwrap();
    println!("{:?}", t.elapsed());
}

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

fn peer() -> SocketAddr {
    ([127, 0, 0, 1], 25).into()
}

/// What is read when a server says these segments, one packet each.
async fn heard(segments: &[&[u8]]) -> io::Result<String> {
    let (near, mut far) = tokio::io::duplex(100_000);
    for segment in segments {
        far.write_all(segment).await?;
    }
    drop(far);
    let mut text = String::new();
    Replies::new(near, peer()).read_to_string(&mut text).await?;
    Ok(text)
}

#[tokio::test]
async fn odd_lines_become_plain_ones() {
    let long = ["250 ".as_bytes(), &[b'x'; 5000], b"\r\n"].concat();
    let cases: [(&[&[u8]], &str); 8] = [
        (&[b"250 ok\r\n"], "250 ok\r\n"),
        (&[b"250\r\n"], "250 \r\n"),
        (&[b"250 only LF\n"], "250 only LF\r\n"),
        (&[b"25", b"0-one\r", b"\n250 two\r\n"], "250-one\r\n250 two\r\n"),
        (&[b"550 \xff\xfe no\r\n"], "550 \u{fffd}\u{fffd} no\r\n"),
        (&[b"550 bell\x07 and\x1b[31m red\r\n"], "550 bell  and [31m red\r\n"),
        (&[b"250 cut off"], ""),
        (&[&long], &format!("250 {}\r\n", "x".repeat(996))),
    ];
    for (segments, expected) in cases {
        assert_eq!(heard(segments).await.expect("lines"), expected, "{segments:?}");
    }
}

#[tokio::test]
async fn what_has_no_end_is_no_reply() {
    assert!(heard(&[&b"2".repeat(80_000)]).await.is_err(), "a line without an end");
    assert!(heard(&[b"250-more\r\n".repeat(300).as_slice()]).await.is_err(), "a reply without an end");
    let many: Vec<u8> = b"250-more\r\n250 last\r\n".repeat(300);
    assert!(heard(&[&many]).await.is_ok(), "many replies are not one");
}

#[tokio::test]
async fn a_greeted_stream_answers_by_itself_and_keeps_the_first_word_to_itself() {
    let (near, mut far) = tokio::io::duplex(1000);
    let mut replies = Replies::greeted(near, peer(), &["250-x.example".to_owned(), "250 SIZE".to_owned()]);
    replies.write_all(b"EHLO me\r\n").await.expect("written");
    replies.write_all(b"MAIL\r\n").await.expect("written");
    far.write_all(b"250 ok\r\n").await.expect("written");
    drop(far.shutdown().await);
    let mut text = String::new();
    replies.read_to_string(&mut text).await.expect("replies");
    assert_eq!(text, "220 greeted\r\n250-x.example\r\n250 SIZE\r\n250 ok\r\n");
    drop(replies);
    let mut said = String::new();
    far.read_to_string(&mut said).await.expect("commands");
    assert_eq!(said, "MAIL\r\n");
}

//! lettre's own pool, used plainly: each message is built and handed to it, so many at a time. For measuring beside our sender;
//! it keeps no ledger.
//! `cargo run --release --example pool PORT MESSAGES CONNECTIONS TEXT_FILE HTML_FILE`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lettre::message::MultiPart;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, messages, connections, text, html] = arguments.as_slice() else {
        return Err("see the first lines".into());
    };
    let (messages, connections): (usize, usize) = (messages.parse()?, connections.parse()?);
    let text: Arc<str> = std::fs::read_to_string(text)?.into();
    let html: Arc<str> = std::fs::read_to_string(html)?.into();
    let pool = PoolConfig::new().max_size(u32::try_from(connections)?).idle_timeout(Duration::from_mins(10));
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port.parse()?)
        .pool_config(pool)
        .build();
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..connections)
        .map(|_| {
            let (transport, next, text, html) = (transport.clone(), next.clone(), text.clone(), html.clone());
            tokio::spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= messages {
                        return Ok::<(), Error>(());
                    }
                    transport.send(letter(n, &text, &html)?).await?;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

fn letter(n: usize, text: &str, html: &str) -> Result<Message, Error> {
    let name = format!("Reader {n}");
    let body = MultiPart::alternative_plain_html(text.replace("reader", &name), html.replace("reader", &name));
    Ok(Message::builder()
        .from("Call Me Almanac <news@callmealmanac.example>".parse()?)
        .to(format!("{name} <reader{n}@inbox.example>").parse()?)
        .subject("A benchmark")
        .message_id(Some(format!("<{n}@callmealmanac.example>")))
        .multipart(body)?)
}

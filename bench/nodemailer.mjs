// nodemailer's pool, used plainly: node nodemailer.mjs PORT MESSAGES CONNECTIONS TEXT_FILE HTML_FILE
// It keeps no ledger. Run by bench/send, which installs nodemailer beside a copy of this file.
import { readFileSync } from 'node:fs';
import nodemailer from 'nodemailer';

const [port, messages, connections] = process.argv.slice(2, 5).map(Number);
const [text, html] = process.argv.slice(5, 7).map((path) => readFileSync(path, 'utf8'));
const transport = nodemailer.createTransport({
    host: '127.0.0.1', port, ignoreTLS: true, pool: true, maxConnections: connections, maxMessages: Infinity,
});
let next = 0;
async function worker() {
    while (next < messages) {
        const n = next++;
        const name = `Reader ${n}`;
        await transport.sendMail({
            from: 'Call Me Almanac <news@callmealmanac.example>',
            to: `${name} <reader${n}@inbox.example>`,
            subject: 'A benchmark',
            messageId: `<${n}@callmealmanac.example>`,
            headers: { 'List-Unsubscribe': `<https://callmealmanac.example/unsubscribe/${n}>` },
            text: text.replaceAll('reader', name),
            html: html.replaceAll('reader', name),
        });
    }
}
await Promise.all(Array.from({ length: connections }, worker));
transport.close();

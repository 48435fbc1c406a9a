// Answers lines of SQL on standard input with lines of JSON: how much processor time it took in µs, and the text of the answer or the error.
const { Session } = require('chdb');
const session = new Session();
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const began = process.cpuUsage();
  let out;
  try {
    out = { text: session.query(JSON.parse(line), 'TabSeparated') };
  } catch (e) {
    out = { error: String(e) };
  }
  const used = process.cpuUsage(began); // of all threads
  out.cpu = used.user + used.system;
  process.stdout.write(JSON.stringify(out) + '\n');
}).on('close', () => session.cleanup());

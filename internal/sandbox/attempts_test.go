package sandbox_test

// language is one in which what is attempted is written.
type language struct {
	program string
	argv    func(path, script string) []string
	attempt string // %s is done; %q is printed if it did not fail
	head    string
}

var languages = map[string]language{
	"bash":   {"bash", func(p, s string) []string { return []string{p, "-c", s} }, "(%s) >/dev/null 2>&1 </dev/null && echo %q\n", ""},
	"node":   {"node", func(p, s string) []string { return []string{p, "--input-type=module", "-e", s} }, "try { await (async () => { %s })(); console.log(%q) } catch {}\n", nodeHead},
	"python": {"python3", func(p, s string) []string { return []string{p, "-c", s} }, "def attempt():\n %s\ntry:\n attempt(); print(%q)\nexcept BaseException: pass\n", pythonHead},
}

const nodeHead = `
import fs from "node:fs"; import net from "node:net"; import dgram from "node:dgram"; import child from "node:child_process";
const e = process.env;
const ask = (host, port) => new Promise((yes, no) => { const s = net.connect({ host, port: +port, timeout: 20000 }, () => s.write("GET / HTTP/1.0\r\n\r\n"));
  s.on("data", (d) => { s.destroy(); String(d).startsWith("HTTP/") ? yes() : no(d) }); s.on("error", no); s.on("close", no); s.on("timeout", no) });
`

const pythonHead = `
import os, socket, ctypes, subprocess, urllib.request
e = os.environ
def ask(host, port):
 s = socket.create_connection((host, int(port)), 20); s.sendall(b"GET / HTTP/1.0\r\n\r\n"); assert s.recv(20).startswith(b"HTTP/")
`

// attempts are what a program tries that wishes us ill. Each fails unless it got
// what it wanted. Those that begin with "may" have to succeed.
var attempts = map[string]map[string]string{
	"may read what it was given": {
		"bash": `grep -q given $GIVEN/file`, "node": `if (fs.readFileSync(e.GIVEN + "/file", "utf8") !== "given") throw 1`, "python": `assert open(e["GIVEN"] + "/file").read() == "given"`,
	},
	"may write where it may": {
		"bash": `echo x >$ITS/new && echo x >/tmp/new`, "node": `fs.writeFileSync(e.ITS + "/new", "x"); fs.writeFileSync("/tmp/new", "x")`, "python": `open(e["ITS"] + "/new", "w").write("x"); open("/tmp/new", "w").write("x")`,
	},
	"may reach an app": {
		"bash":   `exec 5<>/dev/tcp/app.test/$APP; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`,
		"node":   `if ((await fetch("http://app.test:" + e.APP)).status !== 200) throw 1`,
		"python": `assert urllib.request.urlopen("http://app.test:" + e["APP"], timeout=4).status == 200`,
	},
	"write to what it was given": {
		"bash": `echo x >$GIVEN/file`, "node": `fs.writeFileSync(e.GIVEN + "/file", "x")`, "python": `open(e["GIVEN"] + "/file", "w")`,
	},
	"read /etc/shadow": {
		"bash": `test -e /etc/shadow`, "node": `fs.statSync("/etc/shadow")`, "python": `os.stat("/etc/shadow")`,
	},
	"read another's files": {
		"bash": `cat $OTHER/secret`, "node": `fs.readFileSync(e.OTHER + "/secret")`, "python": `open(e["OTHER"] + "/secret")`,
	},
	"follow a link to another's files": {
		"bash": `ln -sfn $OTHER $ITS/bash; cat $ITS/bash/secret`, "node": `fs.symlinkSync(e.OTHER, e.ITS + "/node"); fs.readFileSync(e.ITS + "/node/secret")`,
		"python": `os.symlink(e["OTHER"], e["ITS"] + "/python"); open(e["ITS"] + "/python/secret")`,
	},
	"read the server's environment": {
		"bash":   `cat /proc/$SERVER/environ || grep -qa HOME= /proc/[0-9]*/environ`,
		"node":   `for (const p of fs.readdirSync("/proc")) { let s = ""; try { s = fs.readFileSync("/proc/" + p + "/environ", "utf8") } catch {} if (s.includes("HOME=")) return } throw 1`,
		"python": `assert [p for p in os.listdir("/proc") if p.isdigit() and b"HOME=" in open("/proc/" + p + "/environ", "rb").read()]`,
	},
	"signal the server": {
		"bash": `kill -0 $SERVER`, "node": `process.kill(+e.SERVER, 0)`, "python": `os.kill(int(e["SERVER"]), 0)`,
	},
	"look into the server's memory": {
		"bash": `exec 5</proc/$SERVER/mem`, "node": `fs.openSync("/proc/" + e.SERVER + "/mem")`,
		"python": `assert ctypes.CDLL(None).ptrace(16, int(e["SERVER"]), 0, 0) == 0`,
	},
	"reach the metadata service": {
		"bash": `exec 5<>/dev/tcp/169.254.169.254/80; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`, "node": `await ask("169.254.169.254", 80)`, "python": `ask("169.254.169.254", 80)`,
	},
	"reach the host's loopback": {
		"bash": `exec 5<>/dev/tcp/127.0.0.1/$LOCAL; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`, "node": `await ask("127.0.0.1", e.LOCAL)`, "python": `ask("127.0.0.1", e["LOCAL"])`,
	},
	"reach it by a number": {
		"bash": `exec 5<>/dev/tcp/2130706433/$LOCAL; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`, "node": `await fetch("http://2130706433:" + e.LOCAL)`, "python": `ask("2130706433", e["LOCAL"])`,
	},
	"reach it by its own name": {
		"bash": `exec 5<>/dev/tcp/localhost/$LOCAL; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`, "node": `await ask("localhost", e.LOCAL)`, "python": `ask("localhost", e["LOCAL"])`,
	},
	"reach it by a name that changes": {
		"bash": `exec 5<>/dev/tcp/rebind.test/$LOCAL; printf 'GET / HTTP/1.0\r\n\r\n' >&5; head -c 5 <&5 | grep -q HTTP/`, "node": `await ask("rebind.test", e.LOCAL)`, "python": `ask("rebind.test", e["LOCAL"])`,
	},
	"reach it by IPv6": {
		"bash": `exec 5<>/dev/tcp/::1/$LOCAL6`, "node": `await ask("::1", e.LOCAL6)`, "python": `ask("::1", e["LOCAL6"])`,
	},
	"reach it by its abstract socket": {
		"python": `s = socket.socket(socket.AF_UNIX); s.connect("\0patchbay-" + e["SERVER"])`,
	},
	"write outside": {
		"bash":   `for f in /x /usr/x /etc/x /dev/x /proc/sys/kernel/core_pattern /sys/x $OTHER/x; do echo x >$f && exit 0; done; exit 1`,
		"node":   `for (const f of ["/x", "/usr/x", "/etc/x", "/dev/x", "/proc/sys/kernel/core_pattern", "/sys/x", e.OTHER + "/x"]) { try { fs.writeFileSync(f, "x"); return } catch {} } throw 1`,
		"python": `assert [f for f in ("/x", "/usr/x", "/etc/x", "/dev/x", "/proc/sys/kernel/core_pattern", "/sys/x") if os.access(os.path.dirname(f), os.W_OK)]`,
	},
	"mount, or be root in a namespace of its own": {
		"bash": `mount -t tmpfs x /tmp || unshare -Ur true || unshare -n true`, "node": `if (child.spawnSync("unshare", ["-Ur", "true"]).status !== 0) throw 1`,
		"python": `assert ctypes.CDLL(None).unshare(0x10000000) == 0`,
	},
	"fill the disk": {
		"bash": `head -c 100M /dev/zero >$ITS/full`, "node": `fs.writeFileSync(e.ITS + "/full", Buffer.alloc(40 << 20))`, "python": `open(e["ITS"] + "/full", "wb").write(bytes(40 << 20))`,
	},
	"fill the memory by /tmp": {
		"bash": `for i in 1 2 3; do head -c 12M /dev/zero >/tmp/$i || { rm -f /tmp/[123]; exit 1; }; done`, "node": `for (const i of [1, 2, 3]) fs.writeFileSync("/dev/shm/" + i, Buffer.alloc(12 << 20))`, "python": `[open("/dev/shm/" + i, "wb").write(bytes(12 << 20)) for i in "123"]`,
	},
}

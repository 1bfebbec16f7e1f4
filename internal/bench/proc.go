package bench

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What follows reads /proc. Where there is none, as on macOS, it finds nothing
// and the report says so by leaving it out.

// tick is the unit in which the kernel counts time; USER_HZ is 100 on every
// Linux that Go runs on.
const tick = 10 * time.Millisecond

// usage is the time of a core that each part has used since it started.
type usage struct{ server, postgres, redis time.Duration }

func (s *stack) used() usage {
	return usage{
		server:   family(s.server.Process.Pid),
		postgres: family(pidIn(filepath.Join(s.pg.Dir(), "data", "postmaster.pid"))),
		redis:    family(pidIn(filepath.Join(s.redis.Dir(), "data", "redis.pid"))),
	}
}

// each returns what one of n things has cost since before, or nil if that is unknown.
func (s *stack) each(before usage, n int) *CPU {
	var spent usage
	spent.add(before, s.used())
	return spent.each(n)
}

// add counts what was used between two moments.
func (u *usage) add(before, after usage) {
	u.server += after.server - before.server
	u.postgres += after.postgres - before.postgres
	u.redis += after.redis - before.redis
}

func (u usage) each(n int) *CPU {
	if n == 0 || u.server == 0 {
		return nil
	}
	ms := func(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond) / float64(n)) }
	return &CPU{ms(u.server), ms(u.postgres), ms(u.redis)}
}

// settle waits until the server rests, so that what one phase left behind is
// counted to it and does not slow the next one down.
func (b *bench) settle(ctx context.Context) {
	const look, patience = 250 * time.Millisecond, 30 * time.Second
	began := now()
	for before := b.stack.used(); ctx.Err() == nil && time.Since(began) < patience; {
		time.Sleep(look)
		after := b.stack.used()
		if busy := after.server - before.server + after.postgres - before.postgres; busy <= 2*tick {
			break
		}
		before = after
	}
	if took := time.Since(began); took > 4*look {
		progress("  the server was busy for %.1f s more", (took - look).Seconds())
	}
}

// family returns what the process and its children have used, also those that
// have ended.
func family(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	total := time.Duration(0)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path) //nolint:gosec // below /proc
		if err != nil {
			continue // it has just ended
		}
		// "pid (name) state ppid …": a name may hold anything, so count from its end.
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		own := filepath.Base(filepath.Dir(path)) == strconv.Itoa(pid)
		switch {
		case len(f) < 15:
		case own:
			total += ticks(f[11:15]...) // utime, stime, and those of children that were waited for
		case f[1] == strconv.Itoa(pid):
			total += ticks(f[11:13]...)
		}
	}
	return total
}

func ticks(fields ...string) (total time.Duration) {
	for _, f := range fields {
		n, _ := strconv.Atoi(f)
		total += time.Duration(n) * tick
	}
	return total
}

// pidIn returns the number in the first line of a file, or 0.
func pidIn(path string) int {
	b, _ := os.ReadFile(path) //nolint:gosec // a server's own directory
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

// peakRSS returns the most memory that the server has had at once, in MiB, and
// rss what it has now.
func (s *stack) peakRSS() float64 { return s.memory("VmHWM:") }
func (s *stack) rss() float64     { return s.memory("VmRSS:") }

func (s *stack) memory(field string) float64 {
	f, err := os.Open("/proc/" + strconv.Itoa(s.server.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	defer f.Close() //nolint:errcheck // read only
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), field); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return round(kib / 1024)
		}
	}
	return 0
}

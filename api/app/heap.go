package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	spare = 64 << 20 // bytes that a busy process may leave uncollected beyond what Go would
	usual = 100      // Go's own percentage

	lean    = 60      // while it starts
	still   = 50      // while it does nothing
	restful = 1 << 20 // bytes made a second by a process that does nothing

	startsFor = 10 * time.Second // it may be busy from the first moment on
)

// spaceHeap lets a busy process collect its garbage less often. It holds little
// (some 25 MB) and makes much, so that Go's rule, to collect when as much again
// was made, has it collect dozens of times a second: a tenth of all that a
// proxied call costs. Where much is held Go's rule is right, and an operator who sets
// GOGC or GOMEMLIMIT is. A process with nothing to do holds as little as it can.
func spaceHeap(ctx context.Context, every time.Duration) {
	if ofOperator() {
		return
	}
	read := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(every)
	defer tick.Stop()
	now, free := lean, false
	for made, starts := uint64(0), int(startsFor/every); ; starts-- {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(read)
		rate := float64(read[0].Value.Uint64()-made) / every.Seconds()
		made = read[0].Value.Uint64()
		// What a start or a burst took and let go is the machine's again once nothing is made.
		switch atRest := rate < restful; {
		case atRest && !free:
			debug.FreeOSMemory()
			putAside()
			free = true
		case rate > 16*restful:
			free = false
		}
		if !free && starts > 0 {
			continue
		}
		if next := percent(rate, float64(read[1].Value.Uint64()), now); next != now {
			debug.SetGCPercent(next)
			now = next
		}
	}
}

// startLean has a process that starts collect its garbage more often. It reads the whole
// catalogue, of which it keeps little: else what it keeps would lie scattered over three
// times as much memory, which Go could never give back.
func startLean() {
	if !ofOperator() {
		debug.SetGCPercent(lean)
	}
}

// ofOperator reports whether the operator says how Go collects.
func ofOperator() bool {
	return os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" //nolint:forbidigo // Go's own settings, and none of ours
}

// percent is how much garbage, in percent of what is held (live, in bytes), is
// let be at a rate of bytes made a second. It changes by steps, so that it is
// not set anew all the time.
func percent(rate, live float64, now int) int {
	if rate < restful {
		return still
	}
	if live <= 0 || rate < live/2 || now == usual && rate < live {
		return usual
	}
	return usual + min(3, int(spare/live))*usual
}

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
)

// spaceHeap lets a busy process collect its garbage less often. It holds little
// (some 25 MB) and makes much, so that Go's rule, to collect when as much again
// was made, has it collect dozens of times a second: a tenth of all that a
// proxied call costs. At rest, and where much is held, Go's rule is right, and
// an operator who sets GOGC or GOMEMLIMIT is.
func spaceHeap(ctx context.Context, every time.Duration) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" { //nolint:forbidigo // Go's own settings, and none of ours
		return
	}
	read := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(every)
	defer tick.Stop()
	now := usual
	for made := uint64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(read)
		rate := float64(read[0].Value.Uint64()-made) / every.Seconds()
		made = read[0].Value.Uint64()
		if next := percent(rate, float64(read[1].Value.Uint64()), now); next != now {
			debug.SetGCPercent(next)
			now = next
		}
	}
}

// percent is how much garbage, in percent of what is held (live, in bytes), is
// let be at a rate of bytes made a second. It changes by steps, so that it is
// not set anew all the time.
func percent(rate, live float64, now int) int {
	if live <= 0 || rate < live/2 || now == usual && rate < live {
		return usual
	}
	return usual + min(3, int(spare/live))*usual
}

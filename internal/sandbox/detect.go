package sandbox

import (
	"context"
	"sync"
)

// Report is the best tier of this machine, and why it has no better one.
type Report struct {
	Tier   Tier
	Why    string // a sentence; empty for Isolated
	Remedy string // what its operator can do
}

var detected struct {
	sync.Mutex
	report *Report
}

// Detect tries what this machine can do, once, and remembers it.
func Detect(ctx context.Context) Report {
	detected.Lock()
	defer detected.Unlock()
	if detected.report == nil {
		r := probe(context.WithoutCancel(ctx))
		detected.report = &r
	}
	return *detected.report
}

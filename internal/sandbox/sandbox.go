// Package sandbox starts programs that we did not write: components in
// JavaScript, code steps, what an operator installed. Such a program sees the
// system's own programs, the folders that it was given, and nothing else of this
// machine; its only way out is the gate, behind which stands an egress guard.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Tier says how well a program is kept in.
type Tier string

// The tiers, best first. The empty one is the best that this machine has.
const (
	// Isolated: namespaces of its own, and a network that leads to the gate alone.
	Isolated Tier = "isolated"
	// Offline: the same without any network, where the kernel has no nf_tables.
	Offline Tier = "offline"
	// Plain: a child process with limits. It sees this machine's files and network:
	// only for code that one trusts, and only if the operator says so.
	Plain Tier = "none"
)

// ErrUnavailable is returned where code could only be run unprotected.
var ErrUnavailable = fault.New(fault.Unavailable, "sandbox_unavailable", "Code is not run on this installation: the machine cannot keep it apart from everything else. `patchbay doctor` tells its operator what is missing.")

// ErrOutput is what a reader gets of a program that was ended because it wrote
// more than its limit.
var ErrOutput = fault.New(fault.TooLarge, "sandbox_output", "The program was ended: it wrote more than it may.")

// Spec is a program and all that it has.
type Spec struct {
	Argv []string // the first is an absolute path
	Env  []string // complete: nothing is inherited
	Dir  string   // where it begins; empty = /tmp

	// ReadOnly and Writable are absolute paths of folders or files, which have the
	// same paths inside. Where we are root, the program is another user:
	// what is in Writable then becomes that user's, and ReadOnly must be readable by
	// all. How much is written there in all is not limited, but for each file.
	ReadOnly, Writable []string
	// Tmp is the folder that is /tmp inside, and writable; empty = a fresh one in
	// memory. In the tier Plain it is only named by TMPDIR.
	Tmp string

	Limits     Limits
	Egress     *Egress    // nil = no network
	ExtraFiles []*os.File // its descriptors from 3 on
	Tier       Tier       // empty = the best there is, and never Plain

	ungrouped bool // for tests: as if there were no control groups
}

// Limits are of one program with all its children. Zero takes what Usual says.
type Limits struct {
	CPUSeconds  int   // of each process
	Cores       int   // that all together keep busy at once, where there are control groups of version 2
	MemoryBytes int64 // of all together: Buffers, and what is in /tmp in memory where there are control groups. No process gets more for itself
	Reserved    int64 // that each process may ask for beyond MemoryBytes and leave unused: runtimes keep room for code
	Pids        int   // processes and threads
	FileBytes   int64 // of each file, and of /tmp in memory
	OpenFiles   int   // of each process
	OutputBytes int64 // that stdout and stderr give together before it is ended
}

// Usual is what a program gets that asks for nothing.
var Usual = Limits{CPUSeconds: 60, Cores: 2, MemoryBytes: 512 << 20, Pids: 64, FileBytes: 128 << 20, OpenFiles: 256, OutputBytes: 16 << 20}

func (l Limits) filled() Limits {
	fill(&l.CPUSeconds, Usual.CPUSeconds)
	fill(&l.Cores, Usual.Cores)
	fill(&l.MemoryBytes, Usual.MemoryBytes)
	fill(&l.Pids, Usual.Pids)
	fill(&l.FileBytes, Usual.FileBytes)
	fill(&l.OpenFiles, Usual.OpenFiles)
	fill(&l.OutputBytes, Usual.OutputBytes)
	return l
}

func fill[T int | int64](v *T, usual T) {
	if *v <= 0 {
		*v = usual
	}
}

// Egress is the way out.
type Egress struct {
	Door Door
	Told func(Visit) // of each connection that is asked for; nil = nobody. It may be called by several goroutines
}

// Door decides and dials; *egress.Guard is one.
type Door interface {
	// Dial connects to host:port, or refuses to.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup fails for a host that has no address.
	Lookup(ctx context.Context, host string) error
}

// Visit is one connection that a program asked for.
type Visit struct {
	At   time.Time
	Host string // a name, or an address if the program asked for one
	Port int
	Err  error // nil = connected; egress.Class names it
}

// Start starts a program. It is killed, with all that it started, when ctx ends.
// The caller closes the process.
//
// Errors: ErrUnavailable; a program or a folder that is not there.
func Start(ctx context.Context, s Spec) (*Process, error) {
	if s.Tier == "" {
		if s.Tier = Detect(ctx).Tier; s.Tier == Plain {
			return nil, ErrUnavailable
		}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	s.Limits = s.Limits.filled()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start a program: %w", err)
	}
	return start(ctx, s)
}

func (s *Spec) check() error {
	if len(s.Argv) == 0 || !filepath.IsAbs(s.Argv[0]) {
		return errors.New("sandbox: a program is named by its absolute path")
	}
	if s.Dir == "" {
		s.Dir = "/tmp"
	}
	shown := append(append([]string{s.Dir}, s.ReadOnly...), s.Writable...)
	for _, path := range shown {
		if !filepath.IsAbs(path) || filepath.Clean(path) != path {
			return fmt.Errorf("sandbox: %q is not an absolute path in its shortest form", path)
		}
	}
	if s.Tmp != "" {
		shown = append(shown, s.Tmp)
	}
	for _, path := range shown[1:] {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	return nil
}

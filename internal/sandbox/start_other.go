//go:build !linux

package sandbox

import (
	"context"
	"fmt"
	"os/exec"
	"syscall"
)

// start knows a plain child alone: this system has no means to keep it in.
func start(ctx context.Context, s Spec) (*Process, error) {
	if s.Tier != Plain {
		return nil, ErrUnavailable
	}
	p := &Process{done: make(chan struct{}), free: func() {}, most: s.Limits.OutputBytes}
	p.Renew()
	p.cmd = &exec.Cmd{
		Path: s.Argv[0], Args: s.Argv, Env: append([]string{}, s.Env...), Dir: s.Dir, ExtraFiles: s.ExtraFiles,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if s.Tmp != "" {
		p.cmd.Env = append(p.cmd.Env, "TMPDIR="+s.Tmp)
	}
	if err := p.pipes(); err != nil {
		return nil, fmt.Errorf("make pipes: %w", err)
	}
	defer p.started()
	if err := p.cmd.Start(); err != nil {
		closeAll(p.files)
		return nil, fmt.Errorf("start %s: %w", s.Argv[0], err)
	}
	go p.watch(ctx)
	return p, nil
}

func probe(context.Context) Report {
	return Report{Tier: Plain, Why: "This system has no namespaces.", Remedy: "Run Patchbay on Linux, in a container if need be."}
}

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/patchbay-dev/patchbay/internal/sandbox/launcher"
)

// launchTimeout is how long a program may take until it begins.
const launchTimeout = 20 * time.Second

// start starts the launcher, gives it its order, and returns when it has become the program.
func start(ctx context.Context, s Spec) (*Process, error) {
	p := &Process{done: make(chan struct{}), free: func() {}}
	p.left.Store(s.Limits.OutputBytes)
	p.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Env: []string{}, ExtraFiles: s.ExtraFiles,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	}
	if err := p.pipes(); err != nil {
		return nil, fmt.Errorf("make pipes: %w", err)
	}
	defer p.started()
	if err := p.launch(ctx, s); err != nil {
		closeAll(p.files)
		return nil, err
	}
	return p, nil
}

func (p *Process) launch(ctx context.Context, s Spec) error {
	order, err := plain(s)
	if err != nil {
		return err
	}
	ours, theirs, err := pair()
	if err != nil {
		return err
	}
	defer func() { _ = ours.Close() }()
	p.cmd.ExtraFiles = append(p.cmd.ExtraFiles[:len(p.cmd.ExtraFiles):len(p.cmd.ExtraFiles)], theirs)
	p.cmd.Args = []string{launcher.Name, strconv.Itoa(2 + len(p.cmd.ExtraFiles))}
	err = p.cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return fmt.Errorf("start the launcher: %w", err)
	}
	go p.watch(ctx)
	if err := p.give(ours, order); err != nil {
		p.Kill()
		p.Wait()
		return err
	}
	return nil
}

// give sends the order and waits until the launcher is no more: it is then the
// program, or has said why not.
func (p *Process) give(c *net.UnixConn, order launcher.Order) error {
	_ = c.SetDeadline(time.Now().Add(launchTimeout)) //nolint:forbidigo // the network's clock
	text, err := json.Marshal(order)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	if _, err := c.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("give the order: %w", err)
	}
	said, err := io.ReadAll(io.LimitReader(c, 4<<10))
	if err != nil {
		return fmt.Errorf("wait for the launcher: %w", err)
	}
	if len(said) > 0 {
		return fmt.Errorf("sandbox: %s", said)
	}
	return nil
}

// pair makes a connection between us and the launcher.
func pair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a connection: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "launcher"), os.NewFile(uintptr(fds[1]), "order")
	c, err := net.FileConn(ours)
	_ = ours.Close()
	u, ok := c.(*net.UnixConn)
	if err != nil || !ok {
		_ = theirs.Close()
		return nil, nil, fmt.Errorf("make a connection: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return u, theirs, nil
}

// plain is the order for a child that only has limits, and a user of its own
// where we can give it one.
func plain(s Spec) (launcher.Order, error) {
	o := launcher.Order{Dir: s.Dir, Argv: s.Argv, Env: s.Env, Limits: limits(s.Limits)}
	if s.Tmp != "" {
		o.Env = append(o.Env[:len(o.Env):len(o.Env)], "TMPDIR="+s.Tmp)
	}
	if os.Geteuid() == 0 {
		o.User = stranger()
		return o, giveTo(o.User, s)
	}
	return o, nil
}

// stranger is a user that nobody is: of the range that systemd leaves free.
func stranger() int { return 1_879_048_192 + rand.IntN(1<<20) } //nolint:gosec // no secret

func limits(l Limits) []launcher.Limit {
	data, files, file, pids, cpu := uint64(l.MemoryBytes), uint64(l.OpenFiles), uint64(l.FileBytes), uint64(l.Pids), uint64(l.CPUSeconds) //nolint:gosec // they are positive
	return []launcher.Limit{
		{Resource: unix.RLIMIT_CORE},
		{Resource: unix.RLIMIT_CPU, Soft: cpu, Hard: cpu + 1},
		{Resource: unix.RLIMIT_NOFILE, Soft: files, Hard: files},
		{Resource: unix.RLIMIT_FSIZE, Soft: file, Hard: file},
		{Resource: unix.RLIMIT_NPROC, Soft: pids, Hard: pids},
		{Resource: unix.RLIMIT_DATA, Soft: data, Hard: data},
	}
}

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/patchbay-dev/patchbay/internal/sandbox/launcher"
)

// oldest is the first kernel that counts processes in each user namespace for
// itself, so that one program's limit is not used up by its neighbours.
const oldestMajor, oldestMinor = 5, 14

const (
	sayInstall = "Install the package bubblewrap."
	sayAllow   = "Allow user namespaces: the sysctls kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0 and kernel.apparmor_restrict_unprivileged_userns=0, and in a container as the README says under \"Code\"."
)

// probe tries each tier with a program that does nothing.
func probe(ctx context.Context) Report {
	if why := tooOld(); why != "" {
		return Report{Plain, why, "Run a newer kernel."}
	}
	if _, err := findBubblewrap(); err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return Report{Plain, "Bubblewrap is not installed.", sayInstall}
		}
		return Report{Plain, fmt.Sprintf("Bubblewrap does not work: %s.", err), sayInstall}
	}
	err := try(ctx, Isolated)
	if err == nil {
		return Report{Tier: Isolated}
	}
	if strings.Contains(err.Error(), launcher.NoRedirect) && try(ctx, Offline) == nil {
		return Report{Offline, fmt.Sprintf("The kernel does not redirect connections (%s), so that programs have no network.", err), "Load the kernel modules nf_tables, nft_chain_nat, nft_redir and nf_conntrack."}
	}
	remedy := sayAllow
	if strings.Contains(err.Error(), "mount proc") {
		remedy = "Let the container see all of /proc: --security-opt systempaths=unconfined in Docker, procMount: Unmasked in Kubernetes."
	}
	if strings.Contains(err.Error(), "Unknown option") {
		return Report{Plain, fmt.Sprintf("Bubblewrap is too old (%s).", err), "Install bubblewrap 0.7 or newer."}
	}
	if os.Geteuid() == 0 && !mayBecomeOthers() {
		remedy = "Run Patchbay as another user than root, or let root keep its capabilities."
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		return Report{Plain, fmt.Sprintf("This machine refuses user namespaces (%s).", err), remedy}
	}
	return Report{Plain, fmt.Sprintf("A program could not be isolated: %s.", strings.TrimSuffix(err.Error(), ".")), remedy}
}

// nowhere is a door that leads nowhere.
type nowhere struct{}

func (nowhere) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
func (nowhere) Lookup(context.Context, string) error { return errors.ErrUnsupported }

func try(ctx context.Context, tier Tier) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	p, err := start(ctx, Spec{
		Tier: tier, Argv: []string{"/bin/sh", "-c", "exit 7"}, Dir: "/tmp", Egress: &Egress{Door: nowhere{}}, Limits: Usual,
	})
	if err != nil {
		return err
	}
	defer p.Close()
	said, _ := io.ReadAll(io.LimitReader(p.Stderr, 1000))
	if exit := p.Wait(); exit.Code != 7 {
		return fmt.Errorf("it ended with %d: %s", exit.Code, strings.TrimSpace(string(said)))
	}
	return nil
}

func tooOld() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return fmt.Sprintf("The kernel does not say its version: %s.", err)
	}
	release := unix.ByteSliceToString(u.Release[:])
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil || major < oldestMajor || major == oldestMajor && minor < oldestMinor {
		return fmt.Sprintf("Linux %s is too old: programs are isolated from %d.%d on.", release, oldestMajor, oldestMinor)
	}
	return ""
}

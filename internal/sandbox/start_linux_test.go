package sandbox_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// A launcher that is killed before it has read its order is an error, and not the end
// of the process that waits for it.
func TestLauncherKilledBeforeItsOrder(t *testing.T) {
	t.Parallel()
	ours, theirs, err := sandbox.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ours.Close() }()
	if _, err := ours.Write([]byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	_ = theirs.Close() // with the order in it, unread
	if said, sockets, err := sandbox.Hear(ours); !errors.Is(err, syscall.ECONNRESET) || len(said) != 0 || len(sockets) != 0 {
		t.Errorf("%q %v %v", said, sockets, err)
	}
}

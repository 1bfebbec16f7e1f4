package app

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// AddressesCommand does what follows `patchbay addresses`: show or clear the
// addresses from which a workspace's console may be used. It is the way back in
// for a workspace that has shut itself out.
func (a *App) AddressesCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "show" && args[0] != "clear" {
		return ErrUsage
	}
	flags := flag.NewFlagSet("addresses", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	workspace := flags.String("workspace", "", "")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return ErrUsage
	}
	w, err := a.theWorkspace(ctx, *workspace)
	if err != nil {
		return err
	}
	list, err := a.Members.AllowedAddresses(ctx, w)
	if err != nil {
		return err
	}
	if args[0] == "clear" && len(list.Allowed) > 0 {
		if list, err = a.Members.SetAddresses(ctx, w, member.NewAddresses{}); err != nil {
			return err
		}
	}
	said := "The console of " + w + " may be used from everywhere."
	if len(list.Allowed) > 0 {
		said = "The console of " + w + " may be used from these alone:\n  " + strings.Join(list.Allowed, "\n  ")
	}
	_, err = fmt.Fprintln(out, said)
	return err
}

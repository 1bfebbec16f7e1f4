package app

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/member"
)

// Addresses shows from which addresses a workspace's console may be used, or takes
// them away. It is the way back in for a workspace that has shut itself out.
func (a *App) Addresses(ctx context.Context, workspace string, clear bool, out io.Writer, asJSON bool) error {
	w, err := a.theWorkspace(ctx, workspace)
	if err != nil {
		return err
	}
	list, err := a.Members.AllowedAddresses(ctx, w)
	if err != nil {
		return err
	}
	if clear && len(list.Allowed) > 0 {
		if list, err = a.Members.SetAddresses(ctx, w, member.NewAddresses{}); err != nil {
			return err
		}
	}
	if asJSON {
		return WriteJSON(out, map[string]any{"workspace_id": w, "addresses": append([]string{}, list.Allowed...)})
	}
	said := "The console of " + w + " may be used from everywhere."
	if len(list.Allowed) > 0 {
		said = "The console of " + w + " may be used from these alone:\n  " + strings.Join(list.Allowed, "\n  ")
	}
	_, err = fmt.Fprintln(out, said)
	return err
}

package command

import (
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/listen"
)

func (p *Program) listen() *cobra.Command {
	var o listen.Options
	cmd := &cobra.Command{
		Use: "listen --forward URL", Short: "Send what happens in an environment to your own machine, as webhooks", Args: words(0, 0),
		Long: "Forwards the events of an environment to a local address, signed as deliveries are, until Ctrl-C. While it\n" +
			"listens, what is typed are its commands. --resume goes on where the last one of the same options ended.",
		Example: "  patchbay listen --forward http://localhost:3000/webhooks\n  patchbay listen --forward http://localhost:3000 --types CONNECTION_SUCCESS,CONNECTION_ERROR --since 1h",
	}
	p.at(cmd)
	f := cmd.Flags()
	f.StringVar(&o.Forward, "forward", "", "where events are sent, a `URL`")
	f.StringVar(&o.Types, "types", "", "`TYPES` of events, separated by commas; without it all")
	f.StringVar(&o.User, "user", "", "events of this user alone, by your own `ID`")
	f.DurationVar(&o.Since, "since", 0, "begin with what happened this `TIME` ago, such as 1h")
	f.BoolVar(&o.Resume, "resume", false, "go on where the last one ended")
	f.StringVar(&o.Replay, "replay", "", "send this `EVENT`, and no other")
	f.BoolVar(&o.JSON, "json", false, "a line of JSON for each event")
	needs(cmd, "forward")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		at, server, err := p.reach(cmd)
		if err != nil {
			return err
		}
		o.Project, o.Environment = at.project, at.environment
		l := &listen.Listener{
			Options: o, Server: server, Local: localClient(), State: stateDir(), Commands: p.In, Out: p.Out, Notices: p.Err, Now: p.Now,
		}
		return l.Run(cmd.Context())
	}
	return cmd
}

// localClient sends as deliveries are sent: it follows no redirect and asks for no
// compression. It waits for who sits in a debugger.
func localClient() *http.Client {
	return &http.Client{
		Timeout: 5 * time.Minute, Transport: &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// stateDir is a folder for what commands remember between two calls.
func stateDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "patchbay", "listen")
}

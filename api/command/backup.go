package command

import (
	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/api/app"
)

func (p *Program) backup() *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Write all that the installation keeps into one file, while everything runs", Args: words(1, 1),
		Long: "The database, the payloads that its rows name, what waits in the spool, and the keys under a passphrase, which is asked\n" +
			"for at the terminal, or is the first line of what comes in. The file has its name when it is whole.",
		Example: "  patchbay backup /backups/monday.zip\n  patchbay backup /backups/monday.zip </etc/patchbay/backup-passphrase",
	}
	withoutKey := cmd.Flags().Bool("without-key", false, "leave the keys out; without the master key it is worth nothing then")
	asJSON := machine(cmd)
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, args []string) error {
		return app.WithBackups(cmd.Context(), c, p.In, p.Out, p.Err, *asJSON, func(b *app.Backups) error {
			return b.Make(cmd.Context(), args[0], *withoutKey)
		})
	})
}

func (p *Program) restore() *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Make an installation of a backup, in an empty database", Args: words(1, 1),
		Long: "Refuses a database that is not empty, a file that is not whole, a backup of a newer version, and one whose secrets would not\n" +
			"open. Its passphrase is asked for where the master key is not at hand. Cut off, it goes on when it is called again.",
		Example: "  patchbay restore /backups/monday.zip --check\n  patchbay restore /backups/monday.zip",
	}
	check := cmd.Flags().Bool("check", false, "only look whether the file is whole, and say what it holds")
	keysFile := cmd.Flags().String("keys", "", "a `FILE` of patchbay keys backup, instead of the keys in the backup")
	asJSON := machine(cmd)
	return p.withConfig(cmd, func(cmd *cobra.Command, c *app.Config, args []string) error {
		return app.WithBackups(cmd.Context(), c, p.In, p.Out, p.Err, *asJSON, func(b *app.Backups) error {
			if *check {
				return b.Check(args[0])
			}
			return b.BringBack(cmd.Context(), args[0], *keysFile)
		})
	})
}

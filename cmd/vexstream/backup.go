package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

func backupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy a data folder, also while its node runs",
		Long: "backup makes the folder DIR a copy of what a node keeps, as of one moment: every row that was acknowledged by then, and\n" +
			"nothing of later ones. The node goes on meanwhile. An earlier backup of the same node in DIR becomes the new one, and\n" +
			"only what came since is written. A node that runs is asked through its socket, which lets in the node's own user and\n" +
			"root; from elsewhere, a superuser says CALL vex.backup('DIR') in psql. verify DIR checks a backup as it does a data folder.",
		Example: "  vexstream backup --data ./data /mnt/other/backup",
		Args:    cobra.ExactArgs(1),
	}
	who := askedFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return backup(cmd.Context(), *who, args[0], cmd.OutOrStdout())
	}
	return cmd
}

func backup(ctx context.Context, who asked, dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if !node.IsDataFolder(who.data) { // which a node would make
		return sqlerr.New(sqlerr.InvalidParameterValue, "%s is no data folder", who.data).WithHint("Name with --data the folder that serve --data names.")
	}
	n, err := node.Open(ctx, node.Settings{Data: who.data, Version: sqlVersion()})
	if sqlerr.CodeOf(err) == sqlerr.ObjectInUse {
		said, askErr := askNode(ctx, who, "CALL vex.backup('"+strings.ReplaceAll(dir, "'", "''")+"')")
		if askErr != nil {
			return askErr
		}
		_, err := fmt.Fprintln(out, said)
		return err
	}
	if err != nil {
		return err
	}
	defer n.Close()
	b, err := n.Backup(ctx, dir)
	if err != nil {
		return err
	}
	if err := n.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, b)
	return err
}

func restoreCommand() *cobra.Command {
	data, upTo := "", ""
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Make a data folder of a backup, as of its end or of a time before",
		Long: "restore makes the folder that --data names, which is not there yet or empty, a data folder with what the backup has. With\n" +
			"--to it is as it was at that time: rows committed later are left away. That cannot be before the catalog last\n" +
			"changed; a time is as PostgreSQL writes it, and in UTC where it says nothing else.",
		Example: "  vexstream restore /mnt/other/backup --data ./data\n  vexstream restore /mnt/other/backup --data ./data --to '2026-01-01 12:00:00+01'",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&data, "data", data, "the data folder to make")
	cmd.Flags().StringVar(&upTo, "to", upTo, "the time to go back to")
	_ = cmd.MarkFlagRequired("data") // it is there
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		at := types.MaxTime
		if upTo != "" {
			var err error
			if at, err = types.ParseTimestamptz(upTo, nil); err != nil {
				return err
			}
		}
		no, err := node.Restore(args[0], data, at)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is restored, up to epoch %d. Start it: vexstream serve --data %s\n", data, no, data)
		return err
	}
	return cmd
}

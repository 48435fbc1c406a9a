package main

import (
	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
)

func verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR",
		Short: "Read everything that a data folder holds, and say what is damaged",
		Long: "verify reads the data folder DIR, which no node may be using: every record of the log and every block in it, every table of\n" +
			"the store, the catalog and the newest checkpoint. It checks every sum, says what is damaged and which rows that are, and\n" +
			"changes nothing. It exits with 1 if something is damaged.",
		Example: "  vexstream verify ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return node.Verify(args[0], cmd.OutOrStdout())
		},
	}
}

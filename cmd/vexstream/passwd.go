package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func passwdCommand() *cobra.Command {
	data, super := "./data", true
	cmd := &cobra.Command{
		Use:   "passwd ROLE",
		Short: "Give a role a password, which it can log in with from anywhere",
		Long: "passwd reads a password, the first line of its input, and gives it to a role of a data folder that no node uses. A\n" +
			"role that is not there yet is made, as a superuser. While a node runs, use ALTER ROLE or psql's \\password instead.",
		Example: "  vexstream passwd --data ./data admin < file\n  vexstream passwd --superuser=false reader < file",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&data, "data", data, "the data folder")
	cmd.Flags().BoolVar(&super, "superuser", super, "whether a role that is made may do everything")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return passwd(cmd.Context(), data, args[0], super, cmd.InOrStdin(), cmd.OutOrStdout())
	}
	return cmd
}

func passwd(ctx context.Context, data, role string, super bool, in io.Reader, out io.Writer) error {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return sqlerr.New(sqlerr.InvalidParameterValue, "no password").WithHint("Give it as the first line of the input.")
	}
	n, err := node.Open(ctx, node.Settings{Data: data, Version: sqlVersion()})
	if err != nil {
		return err
	}
	defer n.Close()
	what := "ALTER ROLE " + quoteName(role) + " LOGIN"
	if n.Engine().Catalog().Role(role) == nil {
		what = "CREATE ROLE " + quoteName(role) + " LOGIN"
		if super {
			what += " SUPERUSER"
		}
	}
	if err := n.Run(ctx, what+" PASSWORD '"+strings.ReplaceAll(password, "'", "''")+"'", nil); err != nil {
		return err
	}
	if err := n.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s can log in with its password.\n", role)
	return err
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

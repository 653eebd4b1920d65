package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"rtmwasm/version"
)

// newFlags returns flags that print nothing: Parse only returns its error.
func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags
}

// parseFlags reads the command line of a subcommand.
func parseFlags(flags *flag.FlagSet, args []string, usage string, help io.Writer) error {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(help, usage, flags)
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return err
}

func printUsage(out io.Writer, usage string, flags *flag.FlagSet) {
	fmt.Fprint(out, usage)
	flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if _, ok := f.Value.(*duration); ok {
			value = "duration"
		}
		fmt.Fprintf(out, "  %s\n        %s", strings.TrimSpace("--"+f.Name+" "+value), text)
		if f.DefValue != "false" && f.DefValue != "" && f.DefValue != "0" {
			fmt.Fprintf(out, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(out)
	})
}

// printOwnUsage is printUsage for a subcommand that also accepts the gateway's settings. It lists
// only --config and the flags in names.
func printOwnUsage(out io.Writer, usage string, flags *flag.FlagSet, names ...string) {
	own := newFlags("")
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name == "config" || slices.Contains(names, f.Name) {
			own.Var(f.Value, f.Name, f.Usage)
			own.Lookup(f.Name).DefValue = f.DefValue
		}
	})
	printUsage(out, usage, own)
	fmt.Fprintln(out, "\nIt also takes all settings of the gateway as flags: see rtm-gateway --help.")
}

// addSecrets adds the entries of text to the value of a flag. It does not check them, because
// package flag shows a value that Set refuses. They are checked when they are used. An empty text
// is an error: it may come from a shell variable that is not set.
func addSecrets(list *[]string, text, what string) error {
	more := strings.FieldsFunc(text, isSeparator)
	if len(more) == 0 {
		return fmt.Errorf("it is empty: give at least one %s", what)
	}
	*list = append(*list, more...)
	return nil
}

// versionText returns the line that --version prints.
func versionText() string { return "rtm-gateway " + version.String() }

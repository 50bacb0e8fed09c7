// Command servicedesk is the service desk that lives in chat: customers write in WeCom, engineers answer from Feishu.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"sort"
	"strings"
	"syscall"

	"github.com/mattn/go-isatty"
)

// Exit codes of the contract.
const (
	exitGood   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a call whose words are off; it ends with exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// invocation is one call of the program.
type invocation struct {
	args   []string
	env    []string
	stdout io.Writer
	stderr io.Writer
}

type subcommand struct {
	summary string
	run     func(context.Context, *invocation) error
}

var subcommands = map[string]subcommand{
	"demo":     {"everything in one process: both platforms simulated, sample data, browser page", runDemo},
	"serve":    {"the desk in production", runServe},
	"simulate": {"the two simulated platforms alone", runSimulate},
	"migrate":  {"the database schema: up, status, rollback", runMigrate},
	"doctor":   {"check configuration, database, queue, clock, credentials, permissions, reachability", runDoctor},
	"import":   {"load the directory of customers and staff from a YAML file", runImport},
	"bench":    {"measure speed beside the limits of this machine", runBench},
	"version":  {"version, commit and Go version", runVersion},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, &invocation{args: os.Args[1:], env: os.Environ(), stdout: os.Stdout, stderr: os.Stderr}))
}

// run carries out one call and gives its exit code; errors are one line on stderr.
func run(ctx context.Context, in *invocation) int {
	if len(in.args) == 0 || in.args[0] == "help" || in.args[0] == "--help" || in.args[0] == "-h" {
		printUsage(in.stdout)
		return exitGood
	}
	cmd, ok := subcommands[in.args[0]]
	if !ok {
		fmt.Fprintf(in.stderr, "servicedesk: there is no command %q; `servicedesk help` lists them\n", in.args[0])
		return exitUsage
	}
	in.args = in.args[1:]
	err := cmd.run(ctx, in)
	var wrong usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitGood
	case errors.As(err, &wrong):
		fmt.Fprintln(in.stderr, "servicedesk:", oneLine(err))
		return exitUsage
	}
	fmt.Fprintln(in.stderr, "servicedesk:", oneLine(err))
	return exitFailed
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func printUsage(w io.Writer) {
	names := make([]string, 0, len(subcommands))
	for name := range subcommands {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintln(w, "servicedesk – the service desk that lives in chat\n\nCommands:")
	for _, name := range names {
		fmt.Fprintf(w, "  %-10s %s\n", name, subcommands[name].summary)
	}
	fmt.Fprintln(w, "\n`servicedesk COMMAND --help` lists a command's flags. Try it now: servicedesk demo")
}

// flags makes a command's flag set; a faulty flag is a usage error.
func (in *invocation) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // an error is one line, said by run
	return fs
}

func (in *invocation) parse(fs *flag.FlagSet) error {
	err := fs.Parse(in.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(in.stdout, "servicedesk %s\n", fs.Name())
		fs.SetOutput(in.stdout)
		fs.PrintDefaults()
		return err
	case err != nil:
		return usagef("%w; `servicedesk %s --help` lists the flags", err, fs.Name())
	}
	return nil
}

// newLogger writes text on a terminal, JSON otherwise.
func newLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // validated with the configuration; the zero level is info
	opts := &slog.HandlerOptions{Level: l}
	if f, ok := w.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// version is set at build time; without it the module's own stamp is shown.
var version = "dev"

func runVersion(_ context.Context, in *invocation) error {
	commit, goVersion := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	_, err := fmt.Fprintf(in.stdout, "servicedesk %s, commit %s, %s\n", version, commit, goVersion)
	return err
}

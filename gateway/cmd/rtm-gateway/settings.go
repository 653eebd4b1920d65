package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3"
)

// envPrefix begins the names of variables: RTM_MEDIA_MAX_AGE sets --media-max-age.
const envPrefix = "RTM"

// commandLineOnly are the flags that neither a file nor a variable may set, except RTM_CONFIG.
var commandLineOnly = []string{"config", "version", "print-config"}

// settings are the flags of the program, and the source of each value.
type settings struct {
	flags *flag.FlagSet
	own   []string          // flags that only the command line sets, except RTM_CONFIG
	from  map[string]string // flag name: "--name", "RTM_NAME" or the file's name
	notes []string          // warnings about variables
}

func variable(flagName string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// readSettings sets flags from the command line, then from variables, then from the file of --config.
// A source does not replace the values of an earlier one. Only the command line sets the flags in own.
func readSettings(flags *flag.FlagSet, args []string, own ...string) (*settings, error) {
	s := &settings{flags: flags, own: append(own, commandLineOnly...), from: map[string]string{}}
	if err := flags.Parse(args); err != nil {
		return s, s.explain(err)
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q%s", flags.Arg(0), didYouMean(flags.Arg(0), subcommands))
	}
	flags.Visit(func(f *flag.Flag) { s.from[f.Name] = "--" + f.Name })
	if err := s.checkVariables(os.Environ()); err != nil {
		return s, err
	}
	if err := s.explain(s.readRest(s.configFile())); err != nil {
		return s, err
	}
	return s, s.checkEmpty()
}

// checkEmpty refuses a setting that is given and empty, for example from a shell variable that is not
// set. Its default may let more people in, or store more of what they send, than was intended.
func (s *settings) checkEmpty() (err error) {
	s.flags.VisitAll(func(f *flag.Flag) {
		if from := s.from[f.Name]; from != "" && shownValue(f.Value) == "" {
			err = errors.Join(err, fmt.Errorf("%s is %w", cmp.Or(strings.TrimPrefix(from, s.configFile()), f.Name+" in "+from), errEmpty))
		}
	})
	return err
}

var errEmpty = errors.New("given and empty: give it a value, or leave it out")

// configFile returns the file of --config or else of RTM_CONFIG, or "" if neither is given.
func (s *settings) configFile() string {
	if s.from["config"] == "" {
		return os.Getenv(variable("config"))
	}
	return s.flags.Lookup("config").Value.String()
}

// readRest sets the flags that the command line did not set.
func (s *settings) readRest(file string) error {
	open := newFlags("")
	s.flags.VisitAll(func(f *flag.Flag) {
		if s.from[f.Name] == "" && !slices.Contains(s.own, f.Name) {
			open.Var(f.Value, f.Name, f.Usage)
		}
	})
	err := ff.Parse(open, nil, ff.WithEnvVarPrefix(envPrefix), ff.WithConfigFileParser(s.parseFile), ff.WithConfigFile(file))
	if unread := (*fs.PathError)(nil); errors.As(err, &unread) {
		err = fmt.Errorf("--config: %w", err)
	}
	open.Visit(func(f *flag.Flag) {
		if s.from[f.Name] = file; os.Getenv(variable(f.Name)) != "" {
			s.from[f.Name] = variable(f.Name)
		}
	})
	return err
}

// parseFile calls set for each line of a file whose flag the command line did not set.
func (s *settings) parseFile(r io.Reader, set func(name, value string) error) error {
	text, err := readLines(r)
	if err != nil {
		return err
	}
	err = ff.PlainParser(text, func(name, value string) error {
		if key, rest, tab := strings.Cut(name, "\t"); tab {
			name, value = key, strings.TrimSpace(strings.TrimSuffix(rest+" "+value, " true"))
		}
		// Only the key and the next byte are shown in errors: what follows may be a certificate.
		key := name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-0123456789"))]
		switch {
		case key != name:
			return fmt.Errorf("a line begins with %q, it must begin with a key and a space", key+name[len(key):len(key)+1])
		case slices.Contains(s.own, name):
			return fmt.Errorf("%q cannot be set in a file", name)
		case s.flags.Lookup(name) == nil:
			return fmt.Errorf("unknown key %q%s", name, didYouMean(name, s.names()))
		case strings.HasPrefix(value, "="):
			return fmt.Errorf("%q has a = before its value, it needs a space instead", name)
		case strings.HasPrefix(s.from[name], "--"):
			return nil
		}
		return set(name, value)
	})
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	return nil
}

// readLines reads a file. It returns an error for a line that is too long: there the parser would
// stop without an error, and the lines after it may be the settings that keep people out.
func readLines(r io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if len(line) >= bufio.MaxScanTokenSize {
			return nil, fmt.Errorf("line %d has %d bytes, it may have at most %d", i+1, len(line), bufio.MaxScanTokenSize-1)
		}
	}
	return bytes.NewReader(text), nil
}

// kubernetes reports whether a variable looks like one that Kubernetes sets for a service whose
// name begins with "rtm".
func kubernetes(name string) bool {
	return strings.Contains(name, "_SERVICE_") || strings.Contains(name, "_PORT_") || strings.HasSuffix(name, "_PORT")
}

// checkVariables refuses variables that are probably mistakes: empty ones, and those with a name
// similar to a known one. It only notes other unknown variables, which may be for other programs.
func (s *settings) checkVariables(environ []string) error {
	var known, own []string // own have no effect as variables; images may set them, such as RTM_VERSION
	for _, name := range s.names() {
		if name != "config" && slices.Contains(s.own, name) {
			own = append(own, variable(name))
		} else {
			known = append(known, variable(name))
		}
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if slices.Contains(known, name) && value == "" {
			return fmt.Errorf("%s is %w", name, errEmpty)
		}
		if !strings.HasPrefix(name, envPrefix+"_") || slices.Contains(known, name) || kubernetes(name) {
			continue
		}
		if hint := didYouMean(name, known); hint != "" && !slices.Contains(own, name) {
			return fmt.Errorf("unknown variable %s%s", name, hint)
		}
		s.notes = append(s.notes, name)
	}
	return nil
}

func (s *settings) names() (names []string) {
	s.flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// explain rewords the errors of packages flag and ff.
func (s *settings) explain(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		for _, n := range s.names() {
			names = append(names, "--"+n)
		}
		return fmt.Errorf("unknown flag --%s%s", name, didYouMean("--"+name, names))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("--%s needs a value", name)
	}
	if strings.HasPrefix(text, "invalid boolean value") {
		return err
	}
	said := text
	for _, words := range [][2]string{
		{" for flag -", " for --"},
		{": parse error", ": it needs a whole number"}, // only of int flags: other types have their own errors
		{"error parsing environment variables: ", ""},
		{"error setting flag ", "cannot set "},
	} {
		text = strings.Replace(text, words[0], words[1], 1)
	}
	if text == said {
		return err
	}
	return errors.New(text)
}

// print writes the effective settings as a file for --config, with defaults as comments.
func (s *settings) print(out io.Writer) {
	s.flags.VisitAll(func(f *flag.Flag) {
		shown, from := shownValue(f.Value), s.from[f.Name]
		switch {
		case slices.Contains(s.own, f.Name):
		case shown == "":
			fmt.Fprintf(out, "# %s is not set\n", f.Name)
		case from == "":
			fmt.Fprintf(out, "# %s %s  # default\n", f.Name, shown)
		default:
			fmt.Fprintf(out, "%s %s  # %s\n", f.Name, shown, from)
		}
	})
}

// secretive is a flag's value that may have secrets. Redacted returns it without them.
type secretive interface{ Redacted() string }

func shownValue(v flag.Value) string {
	if s, ok := v.(secretive); ok {
		return s.Redacted()
	}
	return v.String()
}

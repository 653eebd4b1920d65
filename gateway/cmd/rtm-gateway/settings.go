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

// envPrefix begins the names of variables: --media-max-age is RTM_MEDIA_MAX_AGE too.
const envPrefix = "RTM"

// commandLineOnly are the flags that a file may not set, nor a variable, but for RTM_CONFIG.
var commandLineOnly = []string{"config", "version", "print-config"}

// settings are the flags of the program, and where each that is set was set.
type settings struct {
	flags *flag.FlagSet
	own   []string          // those that the command line alone sets, but for RTM_CONFIG
	from  map[string]string // flag name: "--name", "RTM_NAME" or the file's name
	notes []string          // warnings about variables
}

func variable(flagName string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// readSettings fills flags from the command line; where that is silent, from variables;
// where these are, from the file that the flag "config" names. Flags that are own are the
// command line's alone.
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

// checkEmpty refuses a setting that is given and empty, as of a shell variable that is not
// set: the default that it would stand for may let more people in, or keep more of what
// they send.
func (s *settings) checkEmpty() (err error) {
	s.flags.VisitAll(func(f *flag.Flag) {
		if from := s.from[f.Name]; from != "" && shownValue(f.Value) == "" {
			err = errors.Join(err, fmt.Errorf("%s is %w", cmp.Or(strings.TrimPrefix(from, s.configFile()), f.Name+" in "+from), errEmpty))
		}
	})
	return err
}

var errEmpty = errors.New("given and empty: give it a value, or leave it out")

// configFile is what the command line names, else the variable; "" for none.
func (s *settings) configFile() string {
	if s.from["config"] == "" {
		return os.Getenv(variable("config"))
	}
	return s.flags.Lookup("config").Value.String()
}

// readRest sets what the command line left open.
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

// parseFile hands over the lines of a file whose flags the command line leaves open.
func (s *settings) parseFile(r io.Reader, set func(name, value string) error) error {
	text, err := readLines(r)
	if err != nil {
		return err
	}
	err = ff.PlainParser(text, func(name, value string) error {
		if key, rest, tab := strings.Cut(name, "\t"); tab {
			name, value = key, strings.TrimSpace(strings.TrimSuffix(rest+" "+value, " true"))
		}
		// What follows the key may be a certificate: it must not be shown.
		key := name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz-0123456789"))]
		switch {
		case key != name:
			return fmt.Errorf("a line begins with %q, where a key and a space are needed", key+name[len(key):len(key)+1])
		case slices.Contains(s.own, name):
			return fmt.Errorf("%q cannot be set in a file", name)
		case s.flags.Lookup(name) == nil:
			return fmt.Errorf("unknown key %q%s", name, didYouMean(name, s.names()))
		case strings.HasPrefix(value, "="):
			return fmt.Errorf("a space alone is needed between %q and its value, no =", name)
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

// readLines returns all of a file, or an error where the parser would end early and say
// nothing: settings that are not read may be those that keep people out.
func readLines(r io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if len(line) >= bufio.MaxScanTokenSize {
			return nil, fmt.Errorf("line %d has %d bytes, %d are allowed", i+1, len(line), bufio.MaxScanTokenSize-1)
		}
	}
	return bytes.NewReader(text), nil
}

// kubernetes sets such variables for a service whose name begins with "rtm".
func kubernetes(name string) bool {
	return strings.Contains(name, "_SERVICE_") || strings.Contains(name, "_PORT_") || strings.HasSuffix(name, "_PORT")
}

// checkVariables refuses variables that are set by mistake: those that are empty, and those
// close to one that exists. Others may be for other programs.
func (s *settings) checkVariables(environ []string) error {
	var known, own []string // own mean nothing as variables, such as RTM_VERSION of an image
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

// explain puts into this program's words what packages flag and ff say.
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
		{": parse error", ": it needs a whole number"}, // values of other types have their own words
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

// print shows what is in effect, as a file for --config; defaults are comments there.
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

// secretive is a flag's value that must not be shown as it is.
type secretive interface{ Redacted() string }

func shownValue(v flag.Value) string {
	if s, ok := v.(secretive); ok {
		return s.Redacted()
	}
	return v.String()
}

package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// The SDK reads these variables itself. It ignores a value that it cannot read, and prints it to stderr.
// So the variables are checked first. Errors name the variable and do not show its value.

// variablePrefixes are the prefixes of the variables for all signals, and of those for traces.
var variablePrefixes = []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"}

// checkEnvironment returns an error for the first variable that the SDK could not read.
func checkEnvironment() error {
	for _, prefix := range variablePrefixes {
		for _, v := range []struct {
			name  string
			check func(string) error
		}{
			{"ENDPOINT", checkURL}, {"HEADERS", checkHeaders}, {"CERTIFICATE", checkCertificates}, {"TIMEOUT", checkMilliseconds},
		} {
			if err := v.check(variable(prefix + v.name)); err != nil {
				return fmt.Errorf("%s%s: %w", prefix, v.name, err)
			}
		}
		if err := checkClientCertificate(prefix); err != nil {
			return err
		}
	}
	return nil
}

// variable returns the value of a variable as the SDK reads it, or "" if it is not set.
func variable(name string) string { return strings.TrimSpace(os.Getenv(name)) }

var errURL = errors.New("the URL must be such as http://127.0.0.1:4318")

func checkURL(text string) error {
	if _, err := url.Parse(text); err != nil {
		return errURL
	}
	return nil
}

func checkHeaders(text string) error {
	if text == "" {
		return nil
	}
	for i, header := range strings.Split(text, ",") {
		name, value, found := strings.Cut(header, "=")
		value, err := url.PathUnescape(value)
		switch {
		case !found || !isHeaderName(strings.TrimSpace(name)):
			return fmt.Errorf("entry %d must be a header's name, = and its value, such as Authorization=Bearer%%20TOKEN, with commas between entries", i+1)
		case err != nil:
			return fmt.Errorf("entry %d has a %% that does not begin an escape: write %%25 for a percent sign", i+1)
		case strings.ContainsFunc(strings.TrimSpace(value), unicode.IsControl):
			return fmt.Errorf("entry %d has a control character in its value", i+1)
		}
	}
	return nil
}

// isHeaderName reports whether a text is a token of HTTP.
func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func checkMilliseconds(text string) error {
	if text == "" {
		return nil
	}
	if n, err := strconv.Atoi(text); err != nil || n < 0 {
		return errors.New("it must be a number of milliseconds, such as 10000")
	}
	return nil
}

func checkCertificates(file string) error {
	if file == "" {
		return nil
	}
	pem, err := readFile(file)
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(pem) {
		err = errors.New("the file has no certificate in PEM")
	}
	return err
}

// checkClientCertificate checks the two variables of the gateway's client certificate.
func checkClientCertificate(prefix string) error {
	certificate, key := prefix+"CLIENT_CERTIFICATE", prefix+"CLIENT_KEY"
	if variable(certificate) == "" && variable(key) == "" {
		return nil
	}
	if variable(certificate) == "" || variable(key) == "" {
		return fmt.Errorf("%s and %s go together", certificate, key)
	}
	certificatePEM, err := readFile(variable(certificate))
	if err != nil {
		return fmt.Errorf("%s: %w", certificate, err)
	}
	keyPEM, err := readFile(variable(key))
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if _, err := tls.X509KeyPair(certificatePEM, keyPEM); err != nil {
		return fmt.Errorf("%s and %s are not a certificate and its key, both in PEM", certificate, key)
	}
	return nil
}

// readFile is os.ReadFile, but its error does not show the name: somebody may have given the content instead.
func readFile(name string) ([]byte, error) {
	content, err := os.ReadFile(name)
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return nil, fmt.Errorf("cannot read the file: %w", e.Err)
	}
	return content, err
}

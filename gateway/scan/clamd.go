package scan

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"rtmwasm/gateway/media"
)

const (
	// clamdPort is that of clamd:// without a port.
	clamdPort = "3310"

	// pieceBytes is how much is sent to clamd at a time.
	pieceBytes = 64 << 10

	// maxReply is how long an answer may be, in bytes. It has the name of a virus.
	maxReply = 4096
)

// clamd speaks the protocol of ClamAV's daemon, one command a connection.
// (https://docs.clamav.net/manual/Usage/ClamdProtocol.html)
type clamd struct {
	network, address string
}

func newClamd(u *url.URL) (kind, error) {
	switch {
	case u.User != nil, u.RawQuery != "", u.Fragment != "", u.Opaque != "":
		return nil, errForm
	case u.Host == "" && len(u.Path) > 1:
		return clamd{"unix", u.Path}, nil
	case u.Hostname() != "" && (u.Path == "" || u.Path == "/"):
		port := u.Port()
		if port == "" {
			port = clamdPort
		}
		return clamd{"tcp", net.JoinHostPort(u.Hostname(), port)}, nil
	}
	return nil, errForm
}

// scan sends the content and waits for the answer at the same time: as soon as clamd notices that the
// content is too large, it answers and closes the connection.
func (c clamd) scan(ctx context.Context, info media.Info, content io.ReaderAt) error {
	conn, err := c.command(ctx, "INSTREAM")
	if err != nil {
		return err
	}
	defer conn.Close()
	answer := make(chan error, 1)
	go func() {
		text, err := readReply(conn)
		if err == nil {
			err = parseReply(text)
		}
		answer <- err
	}()
	sentAll, err := sendContent(conn, io.NewSectionReader(content, 0, info.Size), answer)
	if err != nil {
		conn.Close()
		<-answer
		return err
	}
	if err = <-answer; err == nil && !sentAll {
		return errors.New("clamd answered before it had all of the content")
	}
	return err
}

// sendContent sends the content in pieces, each with its length before it, and an empty piece at
// the end. all is false if clamd stopped it; then the answer says why. err is an error of reading
// the content.
func sendContent(conn net.Conn, content io.Reader, answer chan error) (all bool, err error) {
	piece := make([]byte, 4+pieceBytes)
	for {
		n, err := io.ReadFull(content, piece[4:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return false, fmt.Errorf("read the content: %w", err)
		}
		binary.BigEndian.PutUint32(piece, uint32(n))
		if len(answer) > 0 {
			return false, nil
		}
		if _, err := conn.Write(piece[:4+n]); err != nil {
			return false, nil
		}
		if n == 0 {
			return true, nil
		}
	}
}

func (c clamd) ping(ctx context.Context) error {
	conn, err := c.command(ctx, "PING")
	if err != nil {
		return err
	}
	defer conn.Close()
	text, err := readReply(conn)
	if err == nil && text != "PONG" {
		err = fmt.Errorf("clamd answered %.100q to PING", text)
	}
	return err
}

// command connects and sends a command. The end of ctx interrupts the connection.
func (c clamd) command(ctx context.Context, name string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.address)
	if err != nil {
		return nil, err
	}
	// On a closed connection the callback has no effect.
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if _, err := conn.Write([]byte("z" + name + "\x00")); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// readReply reads an answer of clamd, without the zero byte at its end.
func readReply(conn io.Reader) (string, error) {
	reply := make([]byte, 0, 256)
	for {
		if len(reply) == cap(reply) {
			if len(reply) >= maxReply {
				return "", fmt.Errorf("clamd answered more than %d bytes", maxReply)
			}
			reply = append(make([]byte, 0, 2*cap(reply)), reply...)
		}
		n, err := conn.Read(reply[len(reply):cap(reply)])
		reply = reply[:len(reply)+n]
		if text, _, ended := bytes.Cut(reply, []byte{0}); ended {
			return string(text), nil
		}
		if err != nil {
			if err == io.EOF {
				err = errors.New("it hung up")
			}
			return "", fmt.Errorf("no answer of clamd: %w", err)
		}
	}
}

// parseReply reads the answer to INSTREAM: "stream: OK", "stream: NAME FOUND" or
// "… ERROR".
func parseReply(text string) error {
	outcome, isOutcome := strings.CutPrefix(text, "stream: ")
	name, found := strings.CutSuffix(outcome, " FOUND")
	switch {
	case isOutcome && outcome == "OK":
		return nil
	case isOutcome && found && name != "":
		return &media.Rejected{Reason: "found " + name}
	case strings.HasPrefix(text, "INSTREAM size limit exceeded"):
		return errTooLarge
	}
	return fmt.Errorf("clamd answered %.200q", text)
}

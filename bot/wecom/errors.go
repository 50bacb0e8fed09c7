package wecom

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// The errcodes that the package acts on by itself; the others are only classed.
const (
	codeBusy         = -1
	codeBadSecret    = 40001
	codeBadMedia     = 40007
	codeBadCorp      = 40013
	codeTokenInvalid = 40014
	codeTokenMissing = 41001
	codeTokenExpired = 42001
	codeNoAccount    = 95000
)

// DefaultDuplicateCode is taken for "this msgid was used before" unless Config.DuplicateCode says otherwise. WeCom documents that a repeat is
// refused, but not with which code: an operator who meets another one configures it. The SDK's list knows this code as "the kf account does not
// exist", so that is looked up before a message counts as sent.
const DefaultDuplicateCode = 95004

// verdict is what an errcode means for a message.
type verdict struct {
	class  tickets.FailureClass
	after  time.Duration
	reason string
}

// verdicts follow WeCom's list of return codes (document 90313) and those of the kf calls (94677, 96428). How long to wait after 45009 is not
// stated; a short pause, repeated, costs less than a long one that was not needed.
var verdicts = map[int]verdict{
	codeBusy: {tickets.Transient, 0, "WeCom is busy"},
	45009:    {tickets.Throttled, 10 * time.Second, "called too often"},
	45033:    {tickets.Throttled, 2 * time.Second, "too many calls at a time"},

	codeTokenInvalid: {tickets.Unauthorized, 0, "access token not accepted"},
	codeTokenMissing: {tickets.Unauthorized, 0, "access token missing"},
	codeTokenExpired: {tickets.Unauthorized, 0, "access token expired"},

	codeBadSecret: {tickets.Misconfigured, 0, "secret not accepted"},
	codeBadCorp:   {tickets.Misconfigured, 0, "corp id not accepted"},
	48002:         {tickets.Misconfigured, 0, "the app may not call this API"},
	48007:         {tickets.Misconfigured, 0, "the kf account is not granted to the app"},
	60011:         {tickets.Misconfigured, 0, "the app lacks the privilege"},
	60020:         {tickets.Misconfigured, 0, "this server's address is not among the app's trusted addresses"},
	95011:         {tickets.Misconfigured, 0, "kf is used in another mode"},
	95012:         {tickets.Misconfigured, 0, "kf is not used through WeCom"},
	95017:         {tickets.Misconfigured, 0, "the kf API is switched off"},

	40003:         {tickets.Rejected, 0, "unknown user"},
	40004:         {tickets.Rejected, 0, "kind of media not accepted"},
	40005:         {tickets.Rejected, 0, "kind of file not accepted"},
	40006:         {tickets.Rejected, 0, "size of file not accepted"},
	codeBadMedia:  {tickets.Rejected, 0, "media expired or unknown"},
	40008:         {tickets.Rejected, 0, "kind of message not accepted"},
	40009:         {tickets.Rejected, 0, "size of image not accepted"},
	40033:         {tickets.Rejected, 0, "characters not accepted"},
	40058:         {tickets.Rejected, 0, "parameter not accepted"},
	40096:         {tickets.Rejected, 0, "unknown contact"},
	44004:         {tickets.Rejected, 0, "empty message"},
	45001:         {tickets.Rejected, 0, "media too large"},
	45002:         {tickets.Rejected, 0, "message too long"},
	60111:         {tickets.Rejected, 0, "unknown member"},
	81013:         {tickets.Rejected, 0, "no receiver accepted"},
	82001:         {tickets.Rejected, 0, "no receiver named"},
	301002:        {tickets.Rejected, 0, "foreign app"},
	701008:        {tickets.Rejected, 0, "licence missing"},
	codeNoAccount: {tickets.Rejected, 0, "unknown kf account"},
	95004:         {tickets.Rejected, 0, "the kf account does not exist"},
	95014:         {tickets.Rejected, 0, "servicer not valid"},
	95016:         {tickets.Rejected, 0, "the session's state does not allow it"},
	95019:         {tickets.Rejected, 0, "servicer stopped"},

	95001: {tickets.CountSpent, 0, "five messages sent without a word from the contact"},
	95002: {tickets.WindowShut, 0, "the contact last wrote over 48 hours ago"},
	95013: {tickets.WindowShut, 0, "the conversation has ended"},
	95018: {tickets.WindowShut, 0, "the session's state does not allow sending"},
	95007: {tickets.Stale, 0, "the event's code is used up or expired"},

	95015: {tickets.Misconfigured, 0, "upgrading to a colleague is not configured for kf"},
	95026: {tickets.Rejected, 0, "too many kf accounts"},
	95027: {tickets.Rejected, 0, "too many kf accounts for a corp that is not verified"},
	95031: {tickets.Rejected, 0, "the contact was not active for too long"},
	41063: {tickets.Transient, 0, "WeCom is busy with mass messages"},
	41048: {tickets.Rejected, 0, "no contact to send to"},
	41093: {tickets.Stale, 0, "the mass message was cancelled"},
	41094: {tickets.Rejected, 0, "reminded too often today"},
	41050: {tickets.Stale, 0, "the welcome code is used up or expired"},
	41051: {tickets.Stale, 0, "the contact was welcomed already"},
	41096: {tickets.Stale, 0, "another app welcomes this contact"},
	84061: {tickets.Rejected, 0, "not a contact of this corp"},
}

// codeError is the error for an errcode. A busy system may have done what it was asked; every other refusal is final.
func codeError(code int) error {
	v, ok := verdicts[code]
	if !ok {
		v = verdict{class: tickets.Rejected, reason: "refused by WeCom"}
	}
	return &bot.SendError{Failure: tickets.Failure{
		Class: v.class, Certain: code != codeBusy, After: v.after, Code: code, Reason: v.reason,
	}}
}

// statusError is the error for an HTTP status other than 200, with which WeCom itself hardly ever answers: proxies and gateways do.
func statusError(status int, header http.Header) error {
	f := tickets.Failure{Reason: "HTTP " + strconv.Itoa(status)}
	switch {
	case status == http.StatusTooManyRequests:
		f.Class, f.Certain, f.After = tickets.Throttled, true, retryAfter(header)
	case status >= 500, status == http.StatusRequestTimeout:
		f.Class = tickets.Transient
	default:
		f.Class, f.Certain = tickets.Misconfigured, true
	}
	return &bot.SendError{Failure: f}
}

func retryAfter(header http.Header) time.Duration {
	const usual, longest = 5 * time.Second, time.Minute
	s, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || s < 0 {
		return usual
	}
	return min(time.Duration(s)*time.Second, longest)
}

// unreadable is the error for an answer that makes no sense: what was asked may have happened.
func unreadable(err error) error {
	return &bot.SendError{Failure: tickets.Failure{Class: tickets.Transient, Reason: "unreadable answer"}, Err: sentinel(err)}
}

// failure is an error found before WeCom was asked.
func failure(class tickets.FailureClass, reason string) error {
	return &bot.SendError{Failure: tickets.Failure{Class: class, Certain: true, Reason: reason}}
}

// transportError classes a broken exchange. It keeps nothing of err's text, which holds the address with the access token.
func transportError(err error) error {
	f := tickets.Failure{Class: tickets.Transient, Reason: "network error"}
	var (
		op       *net.OpError
		dns      *net.DNSError
		verified *tls.CertificateVerificationError
		timeout  net.Error
	)
	switch {
	case errors.As(err, &dns):
		f.Certain, f.Reason = true, "host name not found"
	case errors.As(err, &verified):
		f.Class, f.Certain, f.Reason = tickets.Misconfigured, true, "certificate not trusted"
	case errors.As(err, &op) && op.Op == "dial":
		f.Certain, f.Reason = true, "no connection"
	case errors.Is(err, context.Canceled):
		f.Reason = "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.Reason = "timed out"
	}
	return &bot.SendError{Failure: f, Err: sentinel(err)}
}

// sentinel keeps of an error what cannot hold an address, so that errors.Is still finds it.
func sentinel(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// certain says of a failed step before the sending itself that the message did not leave.
func certain(err error) error {
	var s *bot.SendError
	if !errors.As(err, &s) {
		return err
	}
	sure := *s
	sure.Certain = true
	return &sure
}

package wecom

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"servicedesk/simulator/kernel"
)

// Error codes of the platform that the simulator answers with.
const (
	codeBadSecret     = 40001
	codeBadMediaType  = 40004
	codeBadFileType   = 40005
	codeBadFileSize   = 40006
	codeBadMedia      = 40007
	codeBadCorp       = 40013
	codeBadToken      = 40014
	codeBadCharacters = 40033
	codeBadParameter  = 40058
	codeBadExternal   = 40096
	codeNoToken       = 41001
	codeNoFile        = 41005
	codeNoCustomer    = 41048
	codeExpiredToken  = 42001
	codeNeedGet       = 43001
	codeNeedPost      = 43002
	codeEmpty         = 44004
	codeTooLong       = 45002
	codeFrequency     = 45009
	codeConcurrency   = 45033
	codeBadJSON       = 47001
	codeBadAccount    = 95000
	codeCountLimit    = 95001
	codeTimeLimit     = 95002
	codeBadEventCode  = 95007
	codeEnded         = 95013
	codeNoServicer    = 95014
	codeBadMove       = 95016
	codeStateForbids  = 95018
	codeServicerAway  = 95019
)

var codeTexts = map[int]string{
	-1:                "system busy",
	codeBadSecret:     "invalid credential",
	codeBadMediaType:  "invalid media type",
	codeBadFileType:   "invalid file type",
	codeBadFileSize:   "invalid file size",
	codeBadMedia:      "invalid media_id",
	codeBadCorp:       "invalid corpid",
	codeBadToken:      "invalid access_token",
	codeBadCharacters: "invalid charset, must be utf8",
	codeBadParameter:  "invalid Request Parameter",
	codeBadExternal:   "invalid external userid",
	codeNoToken:       "access_token missing",
	codeNoFile:        "media data missing",
	codeNoCustomer:    "no customer to send",
	codeExpiredToken:  "access_token expired",
	codeNeedGet:       "require GET method",
	codeNeedPost:      "require POST method",
	codeEmpty:         "text content is empty",
	codeTooLong:       "content size out of limit",
	codeFrequency:     "api freq out of limit",
	codeConcurrency:   "api concurrent out of limit",
	codeBadJSON:       "data format error",
	codeBadAccount:    "invalid open_kfid",
	codeCountLimit:    "send msg count limit",
	codeTimeLimit:     "send msg time limit",
	codeBadEventCode:  "invalid code",
	codeEnded:         "session ended",
	codeNoServicer:    "invalid servicer",
	codeBadMove:       "invalid service state trans",
	codeStateForbids:  "send msg session status invalid",
	codeServicerAway:  "servicer stopped receiving",
}

// refusal is an error that the API answers with.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.text) }

// refuse makes a refusal; detail, if any, is added to the code's own text.
func refuse(code int, detail string) error {
	text, known := codeTexts[code]
	if !known {
		text = "request refused"
	}
	if detail != "" {
		text += ": " + detail
	}
	return &refusal{code: code, text: text}
}

// writeRefusal answers with the platform's error body, which comes with HTTP 200.
func writeRefusal(w http.ResponseWriter, err error) {
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{code: -1, text: codeTexts[-1]}
	}
	// The real text carries a hint, the caller's address and a link, so that nobody can match on it.
	text := fmt.Sprintf("%s, hint: [%s], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d",
		r.text, randomText(16), r.code)
	kernel.WriteJSON(w, http.StatusOK, reply{ErrCode: r.code, ErrMsg: text})
}

// writeFault answers for a fault that is in force.
func writeFault(w http.ResponseWriter, f kernel.Fault) {
	if f.HTTPStatus == 0 {
		f.HTTPStatus = http.StatusOK
	}
	if f.ErrCode == 0 {
		http.Error(w, http.StatusText(f.HTTPStatus), f.HTTPStatus)
		return
	}
	text, known := codeTexts[f.ErrCode]
	if !known {
		text = "fault"
	}
	kernel.WriteJSON(w, f.HTTPStatus, reply{ErrCode: f.ErrCode, ErrMsg: text})
}

// readBody decodes the JSON body of a call.
func readBody(r *http.Request, into any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(codeBadJSON, "")
	}
	if !utf8.Valid(raw) {
		return refuse(codeBadCharacters, "")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return refuse(codeBadJSON, "")
	}
	return nil
}

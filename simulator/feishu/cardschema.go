package feishu

import "strings"

// Fields of the components of card JSON 2.0 beside tag, element_id and margin, as the platform's documentation lists
// them. An unknown field is an error in 2.0 (1.0 ignores it).
var componentFields = fieldSets(map[string]string{
	"markdown":        "content i18n_content text_align text_size text_color icon href",
	"div":             "text icon width",
	"hr":              "",
	"img":             "img_key i18n_img_key alt title corner_radius scale_type size transparent preview custom_width compact_width mode",
	"img_combination": "combination_mode combination_transparent corner_radius img_list",
	"person":          "user_id size show_avatar show_name style",
	"person_list":     "persons lines drop_invalid_user_id show_avatar show_name size icon",
	"chart":           "chart_spec aspect_ratio color_theme preview height",
	"table":           "columns rows row_height row_max_height header_style page_size freeze_first_column",
	"audio":           "file_key show_time style width",
	"column_set":      "columns flex_mode background_style horizontal_spacing vertical_spacing horizontal_align action",
	"form":            "name elements " + layoutFields,
	"interactive_container": "elements width height background_style has_border border_color corner_radius behaviors " +
		"hover_tips disabled disabled_tips confirm name " + layoutFields,
	"collapsible_panel": "elements expanded header background_color border " + layoutFields,
	"button": "type size width text icon hover_tips disabled disabled_tips confirm behaviors name required " +
		"form_action_type",
	"input": "name required disabled placeholder default_value width max_length input_type show_icon rows auto_resize " +
		"max_rows label label_position behaviors confirm",
	"select_static":       "initial_option initial_index options " + pickerFields,
	"multi_select_static": "selected_values options " + pickerFields,
	"select_person":       "initial_option options " + pickerFields,
	"multi_select_person": "selected_values options " + pickerFields,
	"date_picker":         "initial_date " + pickerFields,
	"picker_time":         "initial_time " + pickerFields,
	"picker_datetime":     "initial_datetime " + pickerFields,
	"select_img":          "options multi_select layout aspect_ratio can_preview style name required disabled disabled_tips behaviors value",
	"overflow":            "options width behaviors confirm disabled name",
	"checker": "name text checked overall_checkable button_area checked_style behaviors hover_tips disabled " +
		"disabled_tips confirm padding",
})

const (
	layoutFields = "direction padding horizontal_spacing horizontal_align vertical_spacing vertical_align"
	pickerFields = "type name required disabled placeholder width behaviors confirm"
)

// Fields of the parts of a 2.0 card that are no components.
var partFields = fieldSets(map[string]string{
	"card": "schema config card_link header body",
	"config": "streaming_mode streaming_config summary locales enable_forward enable_forward_interaction update_multi " +
		"width_mode use_custom_translation style",
	"card_link": "url android_url ios_url pc_url",
	"header":    "title subtitle text_tag_list i18n_text_tag_list template icon padding",
	"body":      "elements " + layoutFields,
	"column": "tag element_id margin width weight background_style elements action " +
		layoutFields,
	"text":         "tag element_id content i18n_content text_size text_color text_align lines",
	"text_tag":     "tag element_id text color",
	"panel header": "title background_color vertical_align padding position width icon icon_position icon_expanded_angle",
	"option":       "text value icon multi_url img_key",
	"behavior":     "type value default_url url android_url ios_url pc_url",
	"table column": "name display_name data_type width horizontal_align vertical_align format date_format",
})

// fieldSets reads lists of words.
func fieldSets(lists map[string]string) map[string]map[string]bool {
	sets := make(map[string]map[string]bool, len(lists))
	for name, list := range lists {
		set := map[string]bool{}
		for _, field := range strings.Fields(list) {
			set[field] = true
		}
		sets[name] = set
	}
	return sets
}

// removedIn2 are components of 1.0 that 2.0 no longer has.
var removedIn2 = map[string]bool{"action": true, "note": true}

// templates are the colours of a header.
var templates = fieldSets(map[string]string{"": "blue wathet turquoise green yellow orange red carmine violet purple " +
	"indigo grey default"})[""]

// interactive are the components that hold a value in a form.
var interactive = fieldSets(map[string]string{"": "button input select_static multi_select_static select_person " +
	"multi_select_person date_picker picker_time picker_datetime select_img overflow checker"})[""]

// containers nest; each counts as one level.
var containers = fieldSets(map[string]string{"": "column_set form interactive_container collapsible_panel"})[""]

# Written by lfsgen: change the specs, not this file. From the project's root, with lfsgen on PATH, or
# LFSGEN set to where it is:
#   make -f {{ graph.output }}/Makefile [-j N] [PACKAGE|STAGE|all]

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.PHONY: all{% for stage in graph.stages %} {{ stage.name }}{% endfor %}{% for package in graph.packages %} {{ package.name }}{% endfor %}

all:{% for package in graph.packages %} {{ package.name }}{% endfor %}

# The runner leaves a stamp as it is where the step's result is the same, so that nothing after it runs again. For make,
# which would then run the step each time, a second file beside the stamp says when the step was last looked at.
define step
@"$${LFSGEN:-lfsgen}" run-step --plan {{ plan|safe }}/$(1).json --state {{ state_word|safe }}{% for word in cache %} {{ word|safe }}{% endfor %} $(1) $(2)
@touch {{ state_word|safe }}/stamps/$(1)/$(2).make
endef

# A change of these files and folders makes lfsgen write everything here anew; so does one that is gone.
{{ graph.output }}/Makefile{% for path in graph.outputs %} {{ path }}{% endfor %}: {{ looked }} ;
{{ looked }}:{% for path in graph.regenerate.inputs %} {{ path }}{% endfor %}
	@"$${LFSGEN:-lfsgen}" generate --quiet{% for word in arguments %} {{ word|safe }}{% endfor %}
	@mkdir -p {{ state_word|safe }}/stamps
	@touch {{ state_word|safe }}/stamps/generate.make
{% for path in graph.regenerate.inputs -%}
{{ path }}:
{% endfor %}
{% for package in graph.packages -%}
# {{ package.title|safe }}
{% for step in package.steps -%}
{{ step.stamp }}: {{ step.stamp }}.make ;
{{ step.stamp }}.make:{% for path in step.inputs %} {{ path }}{% endfor %}
	$(call step,{{ package.name|safe }},{{ step.phase|safe }})
{% endfor -%}
{{ package.name }}: {{ package.stamp }}

{% endfor -%}
{% for stage in graph.stages -%}
{{ stage.name }}:{% for package in stage.packages %} {{ package }}{% endfor %}
{% endfor -%}


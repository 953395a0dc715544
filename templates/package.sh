{% block head -%}
#!{{ interpreter }}
# {{ title|safe }}
# Written by lfsgen from {{ origin|safe }}: change that file, not this one.
#
# usage: {{ name }}.sh PHASE, with PHASE one of:{% for phase in phases %} {{ phase }}{% endfor %}
{% for file in files -%}
{% if loop.first -%}
#
# What it takes from $LFSGEN_SOURCES, as sha256sum says it:
{% endif -%}
#   {{ file.digest|safe }}  {{ file.name|safe }}
{% endfor %}
{% block settings -%}
set -eu
umask 022

# What the runner sets, or what holds where a person runs a phase by hand.
jobs=${LFSGEN_JOBS:-1}
work=${LFSGEN_WORK:-/lfsgen/work}
sources=${LFSGEN_SOURCES:-/lfsgen/sources}
{% endblock %}
# Make takes its jobs from the runner's job server, and so does ninja from 1.13 on; an older one is told a number.
export MAKEFLAGS="${MAKEFLAGS--j$jobs}"
own_jobs=${LFSGEN_OWN_JOBS--j$jobs}
ninja() {
    command ninja ${own_jobs:+"$own_jobs"} "$@"
}
{% endblock -%}

{% block environment -%}
{% for variable in environment -%}
{% if loop.first %}
{% endif -%}
export {{ variable.name|safe }}={{ variable.value }}
{% if variable.is_searched -%}
{{ variable.name|safe }}=${LFSGEN_{{ variable.name|safe }}-}${{ variable.name|safe }}
{% endif -%}
{% endfor -%}
{% endblock -%}

{% block function %}
phase_{{ phase }}() {
{{ body|safe -}}
}
{% endblock -%}

{% block tail %}
usage() {
    echo "usage: ${0##*/} PHASE, with PHASE one of:{% for phase in phases %} {{ phase }}{% endfor %}"
    echo "LFSGEN_JOBS=$jobs LFSGEN_WORK=$work LFSGEN_SOURCES=$sources"
}

case ${1-} in
{% for phase in phases -%}
{{ phase }}) phase_{{ phase }} ;;
{% endfor -%}
# For a shell that reads this file with `.`.
functions) {{ enter|safe }} 2>/dev/null || cd "$work" ;;
*)
    usage >&2
    exit 2
    ;;
esac
{% endblock -%}

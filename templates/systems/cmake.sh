{% import "systems/words.sh" as args -%}
{% block configure -%}
cmake {{ top }} -G Ninja{% call args::words(configure) %}{% endcall %}
{% endblock %}
{% block build -%}
ninja -j"$jobs"{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
ninja install{% call args::words(install) %}{% endcall %}
{% endblock %}

{% import "systems/words.sh" as args -%}
{% block configure -%}
meson setup {{ top }}{% call args::words(configure) %}{% endcall %}
{% endblock %}
{% block build -%}
ninja{% call args::words(make) %}{% endcall %}
{% endblock %}
{% block install -%}
ninja install{% call args::words(install) %}{% endcall %}
{% endblock %}

{% block configure %}{% endblock %}
{% block build %}{% endblock %}
{% block install %}{% endblock %}
